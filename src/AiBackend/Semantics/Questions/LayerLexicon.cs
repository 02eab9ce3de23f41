using AiBackend.Semantics.Cube;

namespace AiBackend.Semantics.Questions;

/// <summary>The words that a layer's members, things and values are called by.</summary>
internal sealed class LayerLexicon
{
    /// <summary>The longest name or value in words.</summary>
    public const int LongestName = 6;

    private const double SynonymScore = 0.88;
    private const double VerbScore = 0.9;
    private const double MoneyScore = 0.85;

    // What a model calls a time is left out by people: shipped_at is "shipped".
    private static readonly string[] TimeWords = ["at", "on", "date", "time", "datetime", "timestamp", "day", "ts", "utc"];
    private static readonly string[] VerbEndings = ["al", "ment", "er", "or", "ion", "ation", "ing", "ed"];
    private static readonly string[] Opposites = ["in", "un", "non"];

    private readonly Dictionary<string, List<Meaning>> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Meaning>> canonical = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Meaning>> shortened = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Meaning.Value>> values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> singleWords = new(StringComparer.Ordinal);
    private readonly List<MeasureFamily> families = [];
    private readonly NearWords? near;

    /// <param name="meta">What the layer has.</param>
    /// <param name="sampled">Values by the dimension's full name.</param>
    /// <param name="embed">Vectors of length 1 for words that are near; null: none are looked for.</param>
    public LayerLexicon(CubeMeta meta, IReadOnlyDictionary<string, IReadOnlyList<string>> sampled, Func<string, float[]>? embed)
    {
        // Views repeat what their cubes have.
        Cubes = meta.Cubes.Any(cube => !cube.IsView && cube.Measures.Count > 0) ? [.. meta.Cubes.Where(cube => !cube.IsView)] : meta.Cubes;
        foreach (var cube in Cubes.Where(cube => !LayerNames.IsLink(cube)))
        {
            AddCube(cube);
            foreach (var dimension in cube.Dimensions)
            {
                foreach (var value in sampled.GetValueOrDefault(dimension.Name, []))
                {
                    AddValue(new Meaning.Value(cube, dimension, value, 1));
                }
            }
        }

        Distances = new CubeDistances(Cubes);
        near = embed is null ? null : new NearWords(singleWords.Keys, embed);
    }

    public IReadOnlyList<CubeInfo> Cubes { get; }

    public CubeDistances Distances { get; }

    /// <summary>The measures of a cube by what they measure.</summary>
    public IEnumerable<MeasureFamily> FamiliesOf(CubeInfo cube) => families.Where(family => family.Cube == cube);

    /// <summary>What the words together may stand for; none when they are not a name or value of the layer.</summary>
    public IReadOnlyList<Meaning> Find(IReadOnlyList<QuestionWord> words)
    {
        var found = new List<Meaning>();
        var stems = words.Select(word => word.Stem).ToList();
        if (words.All(word => !word.IsQuoted))
        {
            found.AddRange(FindName(words, stems));
        }

        found.AddRange(values.GetValueOrDefault(string.Join(' ', words.Select(word => word.Text)), []).Where(value => IsMeant(value, words)));
        return found.Count == 0 && words is [{ IsQuoted: false } only] ? [.. Plural(only.Text)] : found;
    }

    /// <summary>What a word that is no name may stand for, by its meaning.</summary>
    public IReadOnlyList<Meaning> FindNear(QuestionWord word) =>
        near?.Find(word.Text) is var (name, score) && name is not null
            ? [.. names[singleWords[name]].Where(meaning => meaning is not Meaning.Segment).Select(meaning => meaning with { Score = score })]
            : [];

    private IEnumerable<Meaning> FindName(IReadOnlyList<QuestionWord> words, List<string> stems)
    {
        if (names.TryGetValue(Key(stems), out var exact))
        {
            return exact;
        }

        if (words.Count == 1 && Opposites.FirstOrDefault(prefix => words[0].Text.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix
            && names.TryGetValue(QuestionWords.StemOf(words[0].Text[prefix.Length..]), out var positive)
            && positive.OfType<Meaning.Dimension>().Where(meaning => meaning.Member.Type == "boolean").ToList() is { Count: > 0 } flags)
        {
            return flags.Select(meaning => meaning with { IsNegative = true });
        }

        if (canonical.TryGetValue(Key(Synonyms.Of(stems)), out var synonym))
        {
            return synonym.Select(meaning => meaning with { Score = SynonymScore });
        }

        if (shortened.TryGetValue(Key(stems), out var shorter))
        {
            return shorter;
        }

        if (words.Count > 1)
        {
            return [];
        }

        return Synonyms.IsMoney(stems[0]) && Money() is { Count: > 0 } money ? money : Verb(stems[0]);
    }

    // "drivers at the depot" are not those in AT: that is asked for as it is written.
    private static bool IsMeant(Meaning.Value value, IReadOnlyList<QuestionWord> words) =>
        words is not [{ IsQuoted: false } only] || !CommonWords.Are(only.Text) || only.Raw == value.Text;

    // "vans" are what has the value van.
    private IEnumerable<Meaning.Value> Plural(string word) => word.Length < 4 || !word.EndsWith('s')
        ? []
        : values.GetValueOrDefault(word[..^1], []).Concat(word.EndsWith("es", StringComparison.Ordinal) ? values.GetValueOrDefault(word[..^2], []) : [])
            .Select(value => value with { Score = VerbScore });

    // "spent" and "revenue" are what was paid, whatever it is called.
    private List<Meaning> Money()
    {
        var sums = families.Where(family => family.ByType.ContainsKey("sum")).ToList();
        var named = sums.Where(family => Synonyms.Of(family.Words).Contains("revenu")).ToList();
        var chosen = named.Count > 0 ? named : [.. sums.Where(family => family.Words.All(word => Synonyms.IsAmount(word)))];
        return [.. chosen.Select(family => new Meaning.Measured(family.Cube, family, MoneyScore))];
    }

    // "rented" tells of rentals.
    private IEnumerable<Meaning> Verb(string stem) => stem.Length < 4
        ? []
        : VerbEndings.SelectMany(ending => names.GetValueOrDefault(stem + ending, [])).OfType<Meaning.Entity>().Select(meaning => meaning with { Score = VerbScore });

    private void AddCube(CubeInfo cube)
    {
        var cubeWords = QuestionWords.OfName(cube.Name);
        Add(new Meaning.Entity(cube, 1), cubeWords, QuestionWords.OfName(cube.Title), [.. cubeWords, "count"]);
        Shorten(new Meaning.Entity(cube, ShortNames.LastWordScore), ShortNames.OfCube(cubeWords));
        foreach (var dimension in cube.Dimensions)
        {
            var words = LayerNames.Words(dimension);
            Meaning meaning = dimension.Type == "time" ? new Meaning.Time(cube, dimension, 1) : new Meaning.Dimension(cube, dimension, 1);
            var told = dimension.Type switch
            {
                "time" => words.Except(TimeWords).ToList(),
                "boolean" => words.Except(["is", "has", "flag"]).ToList(),
                "number" when words.Count > 1 => words.Except(["year"]).ToList(),
                _ => words,
            };

            // "active customers" and "orders shipped" are two things each, so these do not go together with their cube.
            Add(meaning, told);
            if (told.Count < words.Count || dimension.Type is not ("time" or "boolean"))
            {
                AddMember(meaning, cubeWords, words, QuestionWords.OfName(dimension.ShortTitle));
            }

            Shorten(meaning, words, dimension.Type);
        }

        foreach (var segment in cube.Segments)
        {
            AddMember(new Meaning.Segment(cube, segment, 1), cubeWords, LayerNames.Words(segment), QuestionWords.OfName(segment.ShortTitle));
        }

        var counted = LayerNames.Count(cube);
        foreach (var group in cube.Measures.Where(measure => measure != counted)
            .GroupBy(measure => Key(LayerNames.BaseWords(measure, LayerNames.Words(measure)).Select(QuestionWords.StemOf)), StringComparer.Ordinal))
        {
            var first = group.First();
            var words = LayerNames.BaseWords(first, LayerNames.Words(first));
            var byType = new Dictionary<string, CubeMember>(StringComparer.Ordinal);
            foreach (var measure in group)
            {
                byType.TryAdd(measure.AggType ?? "number", measure);
            }

            var family = new MeasureFamily(cube, [.. words.Select(QuestionWords.StemOf)], byType);
            families.Add(family);
            AddMember(new Meaning.Measured(cube, family, 1), cubeWords, words);
            Shorten(new Meaning.Measured(cube, family, 1), words, "number");

            // The whole name, and the title, say the one measure.
            foreach (var measure in group)
            {
                var alone = new Meaning.Measured(cube, new MeasureFamily(cube, family.Words, new Dictionary<string, CubeMember>(StringComparer.Ordinal) { [measure.AggType ?? "number"] = measure }), 1);
                AddMember(alone, cubeWords, LayerNames.Words(measure), QuestionWords.OfName(measure.ShortTitle));
            }
        }
    }

    private void AddMember(Meaning meaning, IReadOnlyList<string> cubeWords, params IReadOnlyList<string>[] called)
    {
        Add(meaning, called);
        Add(meaning, [.. called.Where(words => words.Count > 0).Select(words => (IReadOnlyList<string>)[.. cubeWords, .. words])]);
    }

    private void Add(Meaning meaning, params IReadOnlyList<string>[] called)
    {
        foreach (var words in called.Where(words => words.Count is > 0 and <= LongestName))
        {
            var stems = words.Select(QuestionWords.StemOf).ToList();
            Add(names, Key(stems), meaning);
            Add(canonical, Key(Synonyms.Of(stems)), meaning);
            if (words.Count == 1)
            {
                singleWords.TryAdd(words[0], stems[0]);
            }
        }
    }

    private void Shorten(Meaning meaning, IReadOnlyList<string> words, string type)
    {
        foreach (var (shorter, score) in ShortNames.OfMember(words, type))
        {
            Shorten(meaning with { Score = score }, shorter);
        }
    }

    private void Shorten(Meaning meaning, IReadOnlyList<string> words)
    {
        if (words.Count > 0)
        {
            Add(shortened, Key(words.Select(QuestionWords.StemOf)), meaning);
        }
    }

    private void AddValue(Meaning.Value value)
    {
        var words = QuestionWords.Of(value.Text).Words;
        if (words.Count is > 0 and <= LongestName && words.Any(word => word.Text.Any(char.IsLetter)))
        {
            var key = string.Join(' ', words.Select(word => word.Text));
            if (!values.TryGetValue(key, out var same))
            {
                values.Add(key, same = []);
            }

            same.Add(value);
        }
    }

    private static void Add(Dictionary<string, List<Meaning>> index, string key, Meaning meaning)
    {
        if (!index.TryGetValue(key, out var same))
        {
            index.Add(key, same = []);
        }

        if (!same.Contains(meaning))
        {
            same.Add(meaning);
        }
    }

    private static string Key(IEnumerable<string> stems) => string.Join(' ', stems.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
