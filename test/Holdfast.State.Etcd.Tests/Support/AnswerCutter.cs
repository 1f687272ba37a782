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
    private volatile bool _losesAnswers;

    public AnswerCutter(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>From now on requests arrive, but each connection is cut instead of answering.</summary>
    public void LoseAnswers() => _losesAnswers = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
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
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                var forth = client.GetStream().CopyToAsync(server.GetStream(), _stop.Token);
                var buffer = new byte[65536];
                int read;
                while ((read = await server.GetStream().ReadAsync(buffer, _stop.Token)) > 0 && !_losesAnswers)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                }
                client.Close();
                await forth;
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // cut
            }
        }
    }
}
