using System.Net;
using System.Net.Sockets;

namespace Holdfast.Testing.Etcd;

/// <summary>A real etcd of one or more members on loopback, in a folder of its own.</summary>
public sealed class EtcdCluster : IAsyncDisposable
{
    private readonly EtcdOptions _options;

    private EtcdCluster(string folder, EtcdOptions options)
    {
        (Folder, _options) = (folder, options);
        var scheme = options.Tls ? "https" : "http";
        var ports = FindFreePorts(2 * options.Members);
        Members =
        [
            .. Enumerable
                .Range(0, options.Members)
                .Select(i => new EtcdMember(
                    $"m{i}",
                    Path.Combine(folder, $"m{i}"),
                    new($"{scheme}://127.0.0.1:{ports[2 * i]}"),
                    new($"http://127.0.0.1:{ports[(2 * i) + 1]}")
                )),
        ];
    }

    /// <summary>Whether this machine has etcd.</summary>
    public static bool IsAvailable => FindProgram("etcd") is not null && FindProgram("etcdctl") is not null;

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>Its members.</summary>
    public IReadOnlyList<EtcdMember> Members { get; }

    /// <summary>Addresses of the members, for clients.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. Members.Select(m => m.Address)];

    /// <summary>Certificates of <see cref="EtcdOptions.Tls"/>.</summary>
    public EtcdCertificates Certificates => new(Folder);

    /// <summary>Starts all members, and waits until they have a leader.</summary>
    public static async Task<EtcdCluster> StartAsync(EtcdOptions? options = null, CancellationToken cancellationToken = default)
    {
        var cluster = new EtcdCluster(Directory.CreateTempSubdirectory("holdfast-etcd-").FullName, options ?? new());
        try
        {
            if (cluster._options.Tls)
            {
                await cluster.Certificates.CreateAsync();
            }
            foreach (var member in cluster.Members)
            {
                cluster.Start(member);
            }
            foreach (var member in cluster.Members)
            {
                await cluster.WaitUntilHealthyAsync(member, cancellationToken);
            }
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a member, also again after it was killed. Does not wait for it.</summary>
    public void Start(EtcdMember member)
    {
        var all = string.Join(',', Members.Select(m => $"{m.Name}={m.PeerAddress.OriginalString}"));
        string[] tls = _options.Tls
            ?
            [
                "--cert-file",
                Certificates.ServerCertificate,
                "--key-file",
                Certificates.ServerKey,
                "--trusted-ca-file",
                Certificates.Authority,
                "--client-cert-auth",
            ]
            : [];
        member.Start([
            "--name",
            member.Name,
            "--data-dir",
            member.DataFolder,
            "--listen-client-urls",
            member.Address.OriginalString,
            "--advertise-client-urls",
            member.Address.OriginalString,
            "--listen-peer-urls",
            member.PeerAddress.OriginalString,
            "--initial-advertise-peer-urls",
            member.PeerAddress.OriginalString,
            "--initial-cluster",
            all,
            "--heartbeat-interval",
            "100",
            "--election-timeout",
            "1000",
            .. tls,
            .. _options.Arguments,
        ]);
    }

    /// <summary>Waits until a member answers and knows a leader.</summary>
    public async Task WaitUntilHealthyAsync(EtcdMember member, CancellationToken cancellationToken = default)
    {
        var problem = "";
        for (var attempt = 0; attempt < 60; attempt++)
        {
            try
            {
                await ControlAsync(member, ["endpoint", "health"], cancellationToken);
                return;
            }
            catch (InvalidOperationException e)
            {
                problem = e.Message;
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            }
        }
        throw new InvalidOperationException($"etcd does not become healthy: {problem}\n{member.ReadLog()}");
    }

    /// <summary>Runs <c>etcdctl</c> on one member.</summary>
    /// <returns>Its output.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public Task<string> ControlAsync(EtcdMember member, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        string[] tls = _options.Tls
            ? ["--cacert", Certificates.Authority, "--cert", Certificates.ClientCertificate, "--key", Certificates.ClientKey]
            : [];
        return ChildProcess.RunAsync(
            "etcdctl",
            ["--endpoints", member.Address.OriginalString, "--command-timeout", "2s", .. tls, .. arguments],
            cancellationToken
        );
    }

    /// <summary>The member that leads.</summary>
    public async Task<EtcdMember> FindLeaderAsync(CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; attempt < 60; attempt++)
        {
            foreach (var member in Members.Where(m => m.IsRunning))
            {
                try
                {
                    // endpoint, id, version, size, is leader, ...
                    var status = await ControlAsync(member, ["endpoint", "status"], cancellationToken);
                    if (status.Split(", ")[4] == "true")
                    {
                        return member;
                    }
                }
                catch (InvalidOperationException)
                {
                    // during an election
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
        }
        throw new InvalidOperationException("etcd has no leader.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.KillAsync();
        }
        Directory.Delete(Folder, recursive: true);
    }

    private static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static List<int> FindFreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        var ports = listeners.ConvertAll(l => ((IPEndPoint)l.LocalEndpoint).Port);
        listeners.ForEach(l => l.Stop());
        return ports;
    }
}
