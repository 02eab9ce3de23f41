using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AiBackend.Documents;
using AiBackend.Http;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Layers;
using AiBackend.Semantics.Questions;

namespace AiBackend.Orchestration.Numbers;

/// <summary>An answer in numbers as a message: what was asked, the number or a small table, and the query as a citation.</summary>
/// <param name="Data">Query, columns, rows and chart, as far as they fit into a message's data.</param>
internal sealed record NumbersAnswer(string Text, Citation Citation, RawJson Data)
{
    private const int MostRows = 10;
    private const int MostKeptRows = 50;
    private const int MostDataBytes = 16 << 10;

    public static NumbersAnswer Of(SemanticLayer layer, LayerAnswer answer)
    {
        var query = CubeQueryJson.Write(answer.Query).ToJsonString(WireJson.Options);
        var citation = new Citation(DocumentId: null, ChunkId: null, layer.Name, Url: null, query, answer.Confidence);
        return new NumbersAnswer(TextOf(answer), citation, DataOf(layer, answer));
    }

    private static string TextOf(LayerAnswer answer)
    {
        var asked = answer.Explanation.TrimEnd('.');
        if (answer.Rows.Count == 0)
        {
            return $"{asked}: there are no rows. [1]";
        }

        if (answer is { Rows: [var row], Columns: [var only] })
        {
            return $"{asked}: {Cell(row[only.Name], only)} [1]";
        }

        var text = new StringBuilder($"{asked} [1]\n\n");
        text.Append("| ").AppendJoin(" | ", answer.Columns.Select(column => Escape(column.Title))).Append(" |\n");
        text.Append("| ").AppendJoin(" | ", answer.Columns.Select(column => column.Type == "number" ? "---:" : "---")).Append(" |");
        foreach (var shown in answer.Rows.Take(MostRows))
        {
            text.Append("\n| ").AppendJoin(" | ", answer.Columns.Select(column => Cell(shown[column.Name], column))).Append(" |");
        }

        return answer.Rows.Count > MostRows
            ? text.Append(CultureInfo.InvariantCulture, $"\n\nThese are the first {MostRows} of {answer.Rows.Count} rows.").ToString()
            : text.ToString();
    }

    private static string Cell(JsonNode? value, QueryColumn column)
    {
        var text = value?.ToString() ?? "–";
        if (column.Type == "number" && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return number.ToString("#,##0.##", CultureInfo.InvariantCulture);
        }

        return column is { Type: "time", Format: { } granularity } && text.Length >= 10
            ? granularity switch { "year" => text[..4], "month" => text[..7], "day" or "week" or "quarter" => text[..10], _ => text }
            : Escape(text);
    }

    private static string Escape(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Replace('\r', ' ');

    private static RawJson DataOf(SemanticLayer layer, LayerAnswer answer)
    {
        // What is left out is in the query's own answer.
        foreach (var (rows, hasChart) in ((int, bool)[])[(MostKeptRows, true), (MostKeptRows, false), (MostRows, false), (0, false)])
        {
            var data = new JsonObject
            {
                ["layer_id"] = layer.Id,
                ["query"] = CubeQueryJson.Write(answer.Query),
                ["explanation"] = answer.Explanation,
                ["columns"] = new JsonArray([.. answer.Columns.Select(column => (JsonNode)new JsonObject
                {
                    ["name"] = column.Name, ["title"] = column.Title, ["type"] = column.Type, ["format"] = column.Format, ["role"] = column.Role,
                })]),
                ["rows"] = new JsonArray([.. answer.Rows.Take(rows).Select(row => row.DeepClone())]),
                ["chart"] = hasChart ? answer.Chart?.DeepClone() : null,
            };
            if (RawJson.Of(data, WireJson.Options) is var kept && Encoding.UTF8.GetByteCount(kept.Text) <= MostDataBytes)
            {
                return kept;
            }
        }

        return RawJson.EmptyObject;
    }
}
