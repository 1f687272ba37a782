using System.Net;
using System.Net.Sockets;

namespace Holdfast.State.Etcd.Tests.Support;

/// <summary>A proxy before a member that can lose the answers to requests that have arrived.</summary>
internal sealed class AnswerCutter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private readonly CancellationTokenSource _cut = new();
    private volatile bool _losesAnswers;

    public AnswerCutter(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>From now on requests arrive, but no answers.</summary>
    public void LoseAnswers() => _losesAnswers = true;

    /// <summary>Cuts all connections.</summary>
    public Task CutAsync() => _cut.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = ForwardAsync(client);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _cut.Token);
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(_target.Host, _target.Port, end.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), end.Token),
                    AnswerAsync(server.GetStream(), client.GetStream(), end.Token)
                );
            }
            catch (Exception e) when (e is IOException or SocketException || end.IsCancellationRequested)
            {
                // cut
            }
            await end.CancelAsync();
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        var buffer = new byte[65536];
        int read;
        while ((read = await server.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (!_losesAnswers)
            {
                await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }
}
