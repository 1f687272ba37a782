using Holdfast.Api.Access;
using Holdfast.Api.Alerts;
using Holdfast.Api.Backups;
using Holdfast.Api.Cluster;
using Holdfast.Api.Databases;
using Holdfast.Api.Destinations;
using Holdfast.Api.Events;
using Holdfast.Api.Kinds;
using Holdfast.Api.Operations;
using Holdfast.Api.Retention;
using Holdfast.Api.Runs;
using Holdfast.Api.ServerInfo;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Sources;
using Holdfast.Api.Tasks;
using Holdfast.Api.Transport;

namespace Holdfast.Api;

/// <summary>
/// A client of Holdfast's API, with one property per resource. If the server refuses a request, methods throw <see
/// cref="ApiException"/>; if it cannot be reached, the exception of the transport. Thread-safe.
/// </summary>
public sealed class HoldfastClient
{
    /// <summary>Creates a client that sends its requests through <paramref name="transport"/>, which the caller disposes.</summary>
    public HoldfastClient(IApiTransport transport)
    {
        var api = new ApiSender(transport);
        Session = new(api);
        Users = new(api);
        Tokens = new(api);
        Audit = new(api);
        Alerts = new(api);
        Backups = new(api);
        Cluster = new(api);
        Databases = new(api);
        DatabaseKeys = new(api);
        Destinations = new(api);
        Events = new(api);
        Kinds = new(api);
        Operations = new(api);
        Retention = new(api);
        Runs = new(api);
        Server = new(api);
        ServerWideBackups = new(api);
        Sources = new(api);
        Tasks = new(api);
    }

    /// <summary>The caller's session.</summary>
    public SessionClient Session { get; }

    /// <summary>Users.</summary>
    public UsersClient Users { get; }

    /// <summary>API tokens.</summary>
    public TokensClient Tokens { get; }

    /// <summary>The audit log.</summary>
    public AuditClient Audit { get; }

    /// <summary>Alerts.</summary>
    public AlertsClient Alerts { get; }

    /// <summary>Starts backups, restores and verifications, and lists stored backups.</summary>
    public BackupsClient Backups { get; }

    /// <summary>The nodes of the cluster.</summary>
    public ClusterClient Cluster { get; }

    /// <summary>Databases.</summary>
    public DatabasesClient Databases { get; }

    /// <summary>Keys of encrypted databases.</summary>
    public DatabaseKeysClient DatabaseKeys { get; }

    /// <summary>Destinations.</summary>
    public DestinationsClient Destinations { get; }

    /// <summary>Events of the server.</summary>
    public EventsClient Events { get; }

    /// <summary>Kinds of engines and destinations.</summary>
    public KindsClient Kinds { get; }

    /// <summary>Operations.</summary>
    public OperationsClient Operations { get; }

    /// <summary>Manual retention of a task.</summary>
    public RetentionClient Retention { get; }

    /// <summary>Runs of server-wide backup tasks.</summary>
    public RunsClient Runs { get; }

    /// <summary>The server itself.</summary>
    public ServerClient Server { get; }

    /// <summary>Server-wide backup tasks.</summary>
    public ServerWideBackupsClient ServerWideBackups { get; }

    /// <summary>Sources.</summary>
    public SourcesClient Sources { get; }

    /// <summary>Tasks of a database.</summary>
    public TasksClient Tasks { get; }
}
