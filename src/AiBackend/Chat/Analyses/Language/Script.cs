namespace AiBackend.Chat.Analyses.Language;

/// <summary>What a language is written in.</summary>
internal enum ScriptKind
{
    Latin,
    Cyrillic,
    Han,

    /// <summary>Hiragana and katakana.</summary>
    Kana,
    Hangul,
    Arabic,
    Greek,
    Hebrew,
    Thai,
    Other,
}

/// <summary>Tells scripts apart.</summary>
internal static class Script
{
    /// <summary>How many letters there are of each script; those that are missing have none.</summary>
    public static IReadOnlyDictionary<ScriptKind, int> Count(IEnumerable<string> words)
    {
        var counts = new Dictionary<ScriptKind, int>();
        foreach (var letter in words.SelectMany(word => word).Where(char.IsLetter))
        {
            var kind = Of(letter);
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
        }

        return counts;
    }

    public static ScriptKind Of(char letter) => letter switch
    {
        < '\u0250' or (>= '\u1E00' and <= '\u1EFF') => ScriptKind.Latin,
        >= '\u0370' and <= '\u03FF' or >= '\u1F00' and <= '\u1FFF' => ScriptKind.Greek,
        >= '\u0400' and <= '\u052F' => ScriptKind.Cyrillic,
        >= '\u0590' and <= '\u05FF' => ScriptKind.Hebrew,
        >= '\u0600' and <= '\u06FF' or >= '\u0750' and <= '\u077F' or >= '\uFB50' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFC' => ScriptKind.Arabic,
        >= '\u0E00' and <= '\u0E7F' => ScriptKind.Thai,
        >= '\u3040' and <= '\u30FF' or >= '\u31F0' and <= '\u31FF' or >= '\uFF66' and <= '\uFF9D' => ScriptKind.Kana,
        >= '\u3400' and <= '\u4DBF' or >= '\u4E00' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' => ScriptKind.Han,
        >= '\uAC00' and <= '\uD7A3' or >= '\u1100' and <= '\u11FF' or >= '\u3130' and <= '\u318F' => ScriptKind.Hangul,
        _ => ScriptKind.Other,
    };
}
