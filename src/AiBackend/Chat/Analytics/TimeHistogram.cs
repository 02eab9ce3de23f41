using System.Globalization;

namespace AiBackend.Chat.Analytics;

/// <summary>
/// Counts lengths of time by steps that grow by a tenth. Number and sum are exact; a percentile, which is the smallest time that so many
/// per cent do not exceed, is within 5 % of the exact one (or a millisecond).
/// </summary>
internal static class TimeHistogram
{
    private const double Growth = 1.1;
    private static readonly double LogOfGrowth = Math.Log(Growth);

    /// <summary>Counts one length of time. One below zero, which a clock that was set back makes, counts as none.</summary>
    /// <param name="tally">Where.</param>
    /// <param name="name">What it is the time of.</param>
    public static Tally Count(this Tally tally, string name, TimeSpan length)
    {
        var milliseconds = Math.Max(0, (long)length.TotalMilliseconds);
        return tally.Add(StepPrefix(name) + StepOf(milliseconds).ToString(CultureInfo.InvariantCulture)).Add(SumName(name), milliseconds);
    }

    /// <summary>What was counted under the name.</summary>
    public static TimeFigures Read(Tally tally, string name)
    {
        var steps = tally.Under(StepPrefix(name))
            .Select(step => (Step: int.Parse(step.Name, CultureInfo.InvariantCulture), step.Number))
            .OrderBy(step => step.Step).ToList();
        var count = steps.Sum(step => step.Number);
        return count <= 0
            ? new TimeFigures(0, AverageMs: null, P50Ms: null, P95Ms: null)
            : new TimeFigures((long)count, (double)Math.Round(tally[SumName(name)] / count, 1), Percentile(steps, count, .50m), Percentile(steps, count, .95m));
    }

    private static double Percentile(List<(int Step, decimal Number)> steps, decimal count, decimal part)
    {
        var rank = Math.Max(1, Math.Ceiling(count * part));
        var seen = 0m;
        var step = steps.First(step => (seen += step.Number) >= rank).Step;
        return Math.Round(MiddleOf(step), 1);
    }

    // Step 0 holds nothing but 0; step n holds what is above growth^(n-2), up to growth^(n-1).
    private static int StepOf(long milliseconds) =>
        milliseconds == 0 ? 0 : 1 + (int)Math.Ceiling(Math.Round(Math.Log(milliseconds) / LogOfGrowth, 9));

    // The value that is relatively no further from one end of the step than from the other.
    private static double MiddleOf(int step) => step == 0 ? 0 : 2 * Math.Pow(Growth, step - 1) / (Growth + 1);

    private static string StepPrefix(string name) => name + "/step/";

    private static string SumName(string name) => name + "/sum_ms";
}
