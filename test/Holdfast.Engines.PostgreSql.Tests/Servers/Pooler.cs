using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>A proxy that behaves like a pooler that rejects <c>options</c> in the startup packet.</summary>
internal sealed class Pooler : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private readonly Task _serving;
    private int _refused;

    public Pooler(int port)
    {
        _port = port;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Number of rejected sessions.</summary>
    public int Refused => _refused;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static byte[] Refusal()
    {
        var fields = Encoding.ASCII.GetBytes("SERROR\0VERROR\0C08P01\0Munsupported startup parameter: options\0\0");
        var message = new byte[5 + fields.Length];
        message[0] = (byte)'E';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + fields.Length);
        fields.CopyTo(message, 5);
        return message;
    }

    private async Task ServeAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var length = new byte[4];
            await stream.ReadExactlyAsync(length, _stop.Token);
            var start = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4];
            await stream.ReadExactlyAsync(start, _stop.Token);
            if (Encoding.Latin1.GetString(start).Contains("\0options\0", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _refused);
                await stream.WriteAsync(Refusal(), _stop.Token);
                return;
            }

            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            var behind = server.GetStream();
            await behind.WriteAsync(length, _stop.Token);
            await behind.WriteAsync(start, _stop.Token);
            await Task.WhenAny(stream.CopyToAsync(behind, _stop.Token), behind.CopyToAsync(stream, _stop.Token));
        }
    }
}
