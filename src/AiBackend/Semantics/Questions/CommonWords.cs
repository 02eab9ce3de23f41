namespace AiBackend.Semantics.Questions;

/// <summary>Words of English that codes look like: AT, NO, IT, IN.</summary>
internal static class CommonWords
{
    private static readonly HashSet<string> All =
    [
        .. """
            a about after again all also am an and any are as at be been before being but by can could did do does down for from get go had has have he her here him his how i if in into is it
            its just know last least less let like made many may me more most much my next no nor not now of off on once one only or other our out over own per same see she should show so
            some still such than that the their them then there these they this those through to too under until up us very was we were what when where which while who whom whose why will with
            without would yes yet you your
            """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
    ];

    public static bool Are(string text) => All.Contains(text);
}
