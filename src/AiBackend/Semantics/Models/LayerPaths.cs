using AiBackend.Documents;

namespace AiBackend.Semantics.Models;

/// <summary>Paths below a layer's folder.</summary>
internal static class LayerPaths
{
    /// <summary>
    /// Whether a path is within another layer, whose folder lies in this one's: a folder of a data store comes there below another folder.
    /// </summary>
    public static bool IsOfInnerLayer(string path) => path.Split('/').Skip(1).Any(part => Ids.IsId("dst", part));
}
