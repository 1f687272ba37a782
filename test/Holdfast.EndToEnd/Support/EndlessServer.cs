using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Support;

/// <summary>A server whose only operation never ends, or that never answers requests.</summary>
internal sealed class EndlessServer : IAsyncDisposable
{
    /// <summary>Id of the operation.</summary>
    public const string Operation = "01endless";

    private readonly HttpListener _listener = new();
    private readonly List<HttpListenerContext> _open = [];
    private readonly string _address;
    private readonly bool _isAnswering;
    private readonly Task _serving;
    private volatile bool _isAsked,
        _isWatched;

    public EndlessServer(bool isAnswering)
    {
        _isAnswering = isAnswering;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }

        _listener.Prefixes.Add(_address);
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Whether a request has arrived.</summary>
    public bool IsAsked => _isAsked;

    /// <summary>Whether a client has been told that the operation is running.</summary>
    public bool IsWatched => _isWatched;

    /// <summary>A verb for this server, with JSON output.</summary>
    public async Task<string[]> ArgumentsAsync(Workspace place, string[] verb)
    {
        await Served.SecretAsync($"{place.Root}/token", Served.Token);
        return [.. verb, "--server", _address, "--token-file", $"{place.Root}/token", "--output", "json"];
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
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

    private async Task AnswerAsync(HttpListenerContext request)
    {
        _isAsked = true;
        if (!_isAnswering)
        {
            _open.Add(request);
            return;
        }

        var isWatching = request.Request.HttpMethod == "GET";
        var answer = isWatching
            ? new JsonObject { ["id"] = Operation, ["state"] = "Running" }
            : new JsonObject { ["operationId"] = Operation };
        await request.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer.ToJsonString()));
        request.Response.Close();
        if (isWatching)
        {
            _isWatched = true;
        }
    }
}
