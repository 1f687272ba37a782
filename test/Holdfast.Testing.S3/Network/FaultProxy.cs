using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Testing.S3.Network;

/// <summary>
/// A proxy on loopback that passes the bytes of connections to a server, and cuts, stalls or slows down the connections that a test names.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int ReceiveBuffer = 8 << 10; // what the kernel holds looks as if the server had it

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Uri _server;
    private readonly Task _accepting;
    private int _count;

    private FaultProxy(Uri server, IPAddress address, int port)
    {
        _server = server;
        _listener.ReceiveBufferSize = ReceiveBuffer; // accepted connections inherit it
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>What goes wrong with which connection, by its number from 1; null for nothing.</summary>
    public Func<int, ProxyFault?> Fault { get; set; } = _ => null;

    /// <summary>Number of connections so far.</summary>
    public int Connections => Volatile.Read(ref _count);

    /// <summary>Its address, with the scheme of the server's.</summary>
    public string Endpoint => $"{_server.Scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Starts a proxy.</summary>
    /// <param name="endpoint">Address of the server.</param>
    /// <param name="address">Its own address. Default: 127.0.0.1.</param>
    /// <param name="port">Its own port; 0 for a free one.</param>
    public static FaultProxy Start(string endpoint, IPAddress? address = null, int port = 0) =>
        new(new Uri(endpoint), address ?? IPAddress.Loopback, port);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                _connections.Add(ConnectAsync(client, Fault(Interlocked.Increment(ref _count)) ?? new()));
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // the proxy ends
        }
    }

    private async Task ConnectAsync(Socket client, ProxyFault fault)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            try
            {
                client.NoDelay = true;
                await server.ConnectAsync(_server.Host, _server.Port, closing.Token);
                var requests = PumpAsync(client, server, new(fault.RequestBytes, fault.Stalls, fault.BytesPerSecond, false), closing.Token);
                var answers = PumpAsync(server, client, new(fault.AnswerBytes, fault.Stalls, null, fault.DropsContinue), closing.Token);
                await Task.WhenAny(requests, answers);
                await closing.CancelAsync();
                await Task.WhenAll(requests, answers);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // a side has closed the connection, or the proxy ends
            }
        }
    }

    private sealed record Limits(long? Bytes, bool Stalls, int? BytesPerSecond, bool DropsContinue);

    // Ends when the connection has to be closed.
    private static async Task PumpAsync(Socket from, Socket to, Limits limits, CancellationToken cancellationToken)
    {
        const int Slices = 10; // of a second
        var buffer = new byte[limits.BytesPerSecond / Slices ?? 64 << 10];
        for (var passed = 0L; ; )
        {
            var most = (int)Math.Min(buffer.Length, limits.Bytes - passed ?? long.MaxValue);
            if (most == 0)
            {
                if (limits.Stalls)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                return;
            }
            var read = await from.ReceiveAsync(buffer.AsMemory(0, most), cancellationToken);
            if (read == 0)
            {
                return;
            }
            passed += read;
            if (limits.DropsContinue && buffer.AsSpan(0, read).SequenceEqual("HTTP/1.1 100 Continue\r\n\r\n"u8))
            {
                continue;
            }
            if (limits.BytesPerSecond is not null)
            {
                await Task.Delay(TimeSpan.FromSeconds(1.0 / Slices), cancellationToken);
            }
            for (var sent = 0; sent < read; )
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), cancellationToken);
            }
        }
    }
}
