using Grpc.Net.Client;
using Holdfast.State.Etcd.Protocol;

namespace Holdfast.State.Etcd.Connection;

/// <summary>One member of etcd, with a connection of its own.</summary>
internal sealed class EtcdEndpoint : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <summary>Does not connect yet.</summary>
    public EtcdEndpoint(Uri address, EtcdTls tls)
    {
        Address = address;
        _channel = GrpcChannel.ForAddress(
            address,
            new()
            {
                HttpHandler = new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(2),
                    // A member that is cut off or suspended is noticed in ten seconds. More frequent pings would be refused: etcd expects
                    // them no oftener than every five seconds (--grpc-keepalive-min-time).
                    KeepAlivePingDelay = TimeSpan.FromSeconds(6),
                    KeepAlivePingTimeout = TimeSpan.FromSeconds(4),
                    KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
                    EnableMultipleHttp2Connections = true,
                    // So that a renewed certificate is used before the old one expires.
                    PooledConnectionLifetime = TimeSpan.FromHours(1),
                    SslOptions = tls.CreateOptions(),
                    UseProxy = false,
                },
                DisposeHttpClient = true,
                MaxReceiveMessageSize = null,
                MaxSendMessageSize = null,
                InitialReconnectBackoff = TimeSpan.FromMilliseconds(200),
                MaxReconnectBackoff = TimeSpan.FromSeconds(2),
            }
        );
        (Kv, Watch, Lease, Auth) = (new(_channel), new(_channel), new(_channel), new(_channel));
    }

    /// <summary>Its address.</summary>
    public Uri Address { get; }

    /// <summary>Keys and values.</summary>
    public KV.KVClient Kv { get; }

    /// <summary>Watches.</summary>
    public Watch.WatchClient Watch { get; }

    /// <summary>Leases.</summary>
    public Lease.LeaseClient Lease { get; }

    /// <summary>Authentication.</summary>
    public Auth.AuthClient Auth { get; }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}
