using System.Globalization;
using AiBackend.Benchmarks;
using BenchmarkDotNet.Running;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["quality", .. var rest]:
        return Quality.Run(rest);
    case ["answers", .. var rest]:
        return Answers.Run(rest);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Quality).Assembly).Run(args);
        return 0;
}
