using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Browser.Tests.Support;

/// <summary>A TCP relay between a browser and a server that can be interrupted.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly int _to;
    private volatile bool _isCut;

    public Relay(Uri to)
    {
        _to = to.Port;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void Cut()
    {
        _isCut = true;
        while (_open.TryTake(out var client))
        {
            client.Dispose();
        }
    }

    public void Restore() => _isCut = false;

    public void Dispose()
    {
        Cut();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = JoinAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task JoinAsync(TcpClient browser)
    {
        using var server = new TcpClient();
        try
        {
            _open.Add(browser);
            _open.Add(server);
            if (!_isCut)
            {
                await server.ConnectAsync(IPAddress.Loopback, _to);
            }
            if (_isCut)
            {
                return;
            }
            await Task.WhenAny(browser.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(browser.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The relay was interrupted, or one side has closed its connection.
        }
        finally
        {
            browser.Dispose();
        }
    }
}
