using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiBackend.Tests.Chat;

/// <summary>One event of a stream as it was received.</summary>
internal sealed record Received(string? Id, string Type, JsonNode Data)
{
    /// <summary>The number within the run.</summary>
    public int Number => int.Parse(Id![(Id!.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Reads server-sent events by the rules of the standard, as they come.</summary>
internal sealed class SseReader : IDisposable
{
    private readonly HttpResponseMessage response;
    private readonly StreamReader lines;

    private SseReader(HttpResponseMessage response, Stream body)
    {
        this.response = response;
        lines = new StreamReader(body);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public HttpResponseMessage Response => response;

    /// <summary>Comments received so far.</summary>
    public int Comments { get; private set; }

    public static async Task<SseReader> OpenAsync(
        HttpClient http, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.True(
            response.StatusCode == HttpStatusCode.OK,
            response.StatusCode == HttpStatusCode.OK ? string.Empty : await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new SseReader(response, await response.Content.ReadAsStreamAsync(Ct));
    }

    /// <summary>The next event; null at the end of the stream.</summary>
    public async Task<Received?> NextAsync()
    {
        string? id = null;
        string? type = null;
        var data = new StringBuilder();
        while (await lines.ReadLineAsync(Ct) is { } line)
        {
            if (line.Length == 0)
            {
                if (type is not null)
                {
                    return new Received(id, type, JsonNode.Parse(data.ToString())!);
                }
            }
            else if (line[0] == ':')
            {
                Comments++;
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                type = line[7..];
            }
            else
            {
                Assert.StartsWith("data: ", line);
                data.Append(line.AsSpan(6));
            }
        }

        return null;
    }

    /// <summary>The events up to the first of this type.</summary>
    public async Task<List<Received>> UntilAsync(string type)
    {
        var events = new List<Received>();
        while (await NextAsync() is { } received)
        {
            events.Add(received);
            if (received.Type == type)
            {
                return events;
            }
        }

        Assert.Fail($"The stream ended without {type}: {string.Join(", ", events.Select(received => received.Type))}");
        return events;
    }

    /// <summary>All that comes until the stream ends.</summary>
    public async Task<List<Received>> RestAsync()
    {
        var events = new List<Received>();
        while (await NextAsync() is { } received)
        {
            events.Add(received);
        }

        return events;
    }

    /// <summary>The answer that a reader of these events has put together.</summary>
    public static string TextOf(IEnumerable<Received> events)
    {
        var text = new StringBuilder();
        foreach (var received in events)
        {
            if (received.Type == "reply.reset")
            {
                text.Clear();
            }
            else if (received.Type == "reply.delta")
            {
                text.Append(received.Data.Text("text"));
            }
        }

        return text.ToString();
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
