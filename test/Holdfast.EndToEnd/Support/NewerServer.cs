using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Support;

/// <summary>
/// A proxy that makes a real server look like a later version: it accepts the member <c>newer</c> in every object, and
/// adds it to every object of its answers.
/// </summary>
internal sealed class NewerServer : IAsyncDisposable
{
    /// <summary>The member that only this server knows.</summary>
    public const string Member = "newer";

    private const string Version = "99.0.0";

    // The members of these are keys, not names of the contract.
    private static readonly string[] Dictionaries =
    [
        "states",
        "outputs",
        "storedBytes",
        "destinations",
        "failedDestinations",
        "namesAhead",
        "moreNamesAhead",
        "problems",
    ];

    private readonly HttpListener _listener = new();
    private readonly HttpClient _real;
    private readonly Task _serving;

    public NewerServer(Served served)
    {
        _real = new() { BaseAddress = new(served.Address) };
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public string Address { get; }

    /// <summary>Bodies of the requests, by method and path.</summary>
    public ConcurrentDictionary<string, JsonNode> Bodies { get; } = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
        _real.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The server was stopped.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var request = new HttpRequestMessage(new(context.Request.HttpMethod), context.Request.RawUrl);
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(context.Request.Headers["Authorization"]!);
        if (context.Request.HasEntityBody)
        {
            var body = (await JsonNode.ParseAsync(context.Request.InputStream))!;
            Bodies[$"{request.Method} {context.Request.Url!.AbsolutePath}"] = body.DeepClone();
            foreach (var known in Objects(body))
            {
                known.Remove(Member);
            }
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }
        foreach (var name in (string[])["If-Match", "If-None-Match"])
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name]);
        }
        using var response = await _real.SendAsync(request);
        context.Response.StatusCode = (int)response.StatusCode;
        if (response.Headers.ETag is { } tag)
        {
            context.Response.Headers["ETag"] = tag.ToString();
        }
        var text = await response.Content.ReadAsStringAsync();
        if (text.Length > 0)
        {
            var answer = JsonNode.Parse(text)!;
            foreach (var known in Objects(answer))
            {
                known[Member] = new JsonObject { ["is"] = "kept" };
                if (known.ContainsKey("version"))
                {
                    known["version"] = Version;
                }
            }
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
        }
        context.Response.Close();
    }

    private static List<JsonObject> Objects(JsonNode? node) =>
        node switch
        {
            JsonObject one => [one, .. one.Where(m => !Dictionaries.Contains(m.Key)).SelectMany(m => Objects(m.Value))],
            JsonArray many => [.. many.SelectMany(Objects)],
            _ => [],
        };
}
