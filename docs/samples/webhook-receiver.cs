#:sdk Microsoft.NET.Sdk.Web
// A receiver of webhooks for trying things out: checks the signature (Standard Webhooks) and prints what came.
// Run it with: WEBHOOK_SECRET=whsec_… dotnet run docs/samples/webhook-receiver.cs
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET");
if (secret is null || !secret.StartsWith("whsec_", StringComparison.Ordinal))
{
    Console.Error.WriteLine("Set WEBHOOK_SECRET to the processor's secret (whsec_…).");
    return 1;
}

var key = Convert.FromBase64String(secret["whsec_".Length..]);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://localhost:9000");
var app = builder.Build();
app.MapPost("/", async (HttpRequest request) =>
{
    using var reader = new StreamReader(request.Body, Encoding.UTF8);
    var body = await reader.ReadToEndAsync();
    var signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{body}";
    var expected = Encoding.ASCII.GetBytes($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)))}");
    var isValid = request.Headers["webhook-signature"].ToString().Split(' ')
        .Any(signature => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), expected));
    using var sent = JsonDocument.Parse(body);
    Console.WriteLine(
        $"{(isValid ? "valid  " : "INVALID")} {sent.RootElement.GetProperty("type")} {sent.RootElement.GetProperty("subject")}");
    return isValid ? Results.NoContent() : Results.Unauthorized();
});
Console.WriteLine("Waiting for webhooks on http://localhost:9000");
app.Run();
return 0;
