using System.Globalization;
using AiBackend.Deliveries;

// usage: dotnet run -c Release --project bench/AiBackend.Deliveries -- [deliveries=10000] [at once=50]
// Started with "receive <count>" it is the receiver, a process of its own.
if (args is ["receive", var expected])
{
    return await Receiver.RunAsync(int.Parse(expected, CultureInfo.InvariantCulture));
}

var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var atOnce = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 50;
return await DeliveryRun.RunAsync(count, atOnce);
