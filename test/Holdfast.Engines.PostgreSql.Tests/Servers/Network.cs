using System.Net;
using System.Net.Sockets;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>A proxy to a server that can silently stop forwarding: it never closes a connection.</summary>
internal sealed class Network : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _never = new();
    private readonly HashSet<int> _spoken = [];
    private readonly int _port;
    private readonly Task _serving;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _opened,
        _stalledBelow;
    private bool _isCut;

    public Network(int port)
    {
        _port = port;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Stops forwarding for all existing and new connections.</summary>
    public void Cut()
    {
        Forget();
        Volatile.Write(ref _isCut, true);
    }

    /// <summary>Stops forwarding for existing connections, like a firewall that has dropped them; new ones work.</summary>
    public void Forget() => Volatile.Write(ref _stalledBelow, Volatile.Read(ref _opened));

    /// <summary>Returns when data has been sent from now on over this many connections.</summary>
    public async Task HearAsync(int connections, CancellationToken cancellationToken)
    {
        lock (_spoken)
        {
            _spoken.Clear();
        }
        while (true)
        {
            Task more;
            lock (_spoken)
            {
                if (_spoken.Count >= connections)
                {
                    return;
                }
                more = _more.Task;
            }

            await more.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), Interlocked.Increment(ref _opened) - 1));
            }
        }
        finally
        {
            await Task.WhenAll(sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using (client)
        {
            if (Volatile.Read(ref _isCut))
            {
                await _never.Task.WaitAsync(_stop.Token);
            }
            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            await Task.WhenAny(
                CarryAsync(client.GetStream(), server.GetStream(), number, () => Heard(number)),
                CarryAsync(server.GetStream(), client.GetStream(), number, null)
            );
        }
    }

    private void Heard(int number)
    {
        lock (_spoken)
        {
            _spoken.Add(number);
            _more.TrySetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to, int number, Action? heard)
    {
        var block = new byte[16 << 10];
        int read;
        while ((read = await from.ReadAsync(block, _stop.Token)) > 0)
        {
            heard?.Invoke();
            if (number < Volatile.Read(ref _stalledBelow))
            {
                await _never.Task.WaitAsync(_stop.Token);
            }
            await to.WriteAsync(block.AsMemory(0, read), _stop.Token);
        }

        if (number < Volatile.Read(ref _stalledBelow))
        {
            await _never.Task.WaitAsync(_stop.Token); // nor that it was closed
        }
    }
}
