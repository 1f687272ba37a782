using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Restore;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>A PostgreSQL server, or a primary and its standbys.</summary>
internal sealed class PostgreSqlSource : IDatabaseSource
{
    private readonly PostgreSqlSourceConfig _config;
    private readonly Connector _connector;
    private readonly PostgreSqlSourceConfig _restorerConfig;
    private readonly Connector _restorer;
    private readonly ServerGroup _group;
    private readonly DatabaseFinder _finder;
    private readonly ViewOpening _opening;
    private readonly ToolFinder _tools;

    /// <param name="config">The source.</param>
    /// <param name="tools">Finds PostgreSQL's programs.</param>
    public PostgreSqlSource(PostgreSqlSourceConfig config, ToolFinder tools)
    {
        _config = config;
        _tools = tools;
        _connector = new(config);
        _restorerConfig = config.AsRestorer;
        _restorer = ReferenceEquals(_restorerConfig, config) ? _connector : new(_restorerConfig);
        _group = new(config, _connector);
        _finder = new(config, _group);
        _opening = new(config, _connector, _group, tools);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public async Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        var (servers, _) = await _group.AskAsync(cancellationToken);
        return servers[0].Info;
    }

    /// <inheritdoc/>
    public Task<SourceTest> TestAsync(CancellationToken cancellationToken) =>
        new SourceTrial(_config, _group, _finder, _tools, NewRole()).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var database in await _finder.FindAsync(cancellationToken))
        {
            yield return database;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => _finder.ExplainAsync(names, cancellationToken);

    /// <inheritdoc/>
    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        await _opening.OpenAsync(database, request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        if (request.Key is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The archive is of an encrypted database, and PostgreSQL has none: it would be written in clear.",
                "Restore it to the engine that it came from."
            );
        }
        if (request.Type != BackupType.Backup)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "The archive holds a snapshot, and PostgreSQL restores logical backups.",
                "Restore it to the engine that it came from."
            );
        }
        var restoring = NewRole();
        var made = await NewDatabase.BeginAsync(_connector, _restorer, restoring, _group, request.Name, cancellationToken);
        try
        {
            restoring.Enter(made.Server, made.Name, made.TemporaryName);
            var role = await restoring.CheckAsync(made.Server, made.Maintenance, cancellationToken);
            await _tools.FindAsync(Tool.Restore, 0, cancellationToken); // better now than when the dump tells which it takes
            return new PostgreSqlRestoreTarget(_restorerConfig, _restorer, _tools, role, restoring, made, request);
        }
        catch (Exception e)
        {
            try
            {
                await made.DisposeAsync();
            }
            finally
            {
                restoring.Leave();
            }

            if (e is NpgsqlException)
            {
                throw ServerFailure.Of(e, made.Server.Host.ToString());
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        try
        {
            PrivateFolder.RemoveLeftovers(_config.TemporaryFolder);
        }
        finally
        {
            await Leftovers.DropAsync(_group, cancellationToken); // a folder that is closed to us keeps no database
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _group.Dispose();
        if (!ReferenceEquals(_restorer, _connector))
        {
            await _restorer.DisposeAsync();
        }
        await _connector.DisposeAsync();
    }

    private RestoreRole NewRole() => new(_config, _restorer);
}
