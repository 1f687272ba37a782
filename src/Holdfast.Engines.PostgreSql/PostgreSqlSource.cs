using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Holdfast.Engines.PostgreSql.Restore.Targets;
using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>A PostgreSQL server, or a primary and its standbys.</summary>
internal sealed class PostgreSqlSource : IDatabaseSource
{
    private readonly PostgreSqlSourceConfig _config;
    private readonly Connector _connector;
    private readonly PostgreSqlSourceConfig _restoreConfig;
    private readonly Connector _restoreConnector;
    private readonly ServerGroup _group;
    private readonly DatabaseFinder _finder;
    private readonly ViewOpener _viewOpener;
    private readonly ToolFinder _tools;

    /// <param name="config">The source.</param>
    /// <param name="tools">Finds PostgreSQL's programs.</param>
    public PostgreSqlSource(PostgreSqlSourceConfig config, ToolFinder tools)
    {
        _config = config;
        _tools = tools;
        _connector = new(config);
        _restoreConfig = config.ForRestore;
        _restoreConnector = ReferenceEquals(_restoreConfig, config) ? _connector : new(_restoreConfig);
        _group = new(config, _connector);
        _finder = new(config, _group);
        _viewOpener = new(config, _connector, _group, tools);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public async Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        var (servers, _) = await _group.ProbeAsync(cancellationToken);
        return servers[0].Info;
    }

    /// <inheritdoc/>
    public Task<ConnectionTestResult> TestConnectionAsync(CancellationToken cancellationToken) =>
        new ConnectionTest(_config, _group, _finder, _tools, CreateRestoreRole()).RunAsync(cancellationToken);

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
    ) => _finder.ExplainAbsenceAsync(names, cancellationToken);

    /// <inheritdoc/>
    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        await _viewOpener.OpenAsync(database, request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        if (request.Key is not null)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "The archive is of an encrypted database, but PostgreSQL has no encrypted databases: it would be stored unencrypted.",
                "Restore it to the engine that created it."
            );
        }
        if (request.Type != BackupType.Backup)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "The archive contains a snapshot, but PostgreSQL restores only logical backups.",
                "Restore it to the engine that created it."
            );
        }
        var restoreRole = CreateRestoreRole();
        var database = await NewDatabase.BeginAsync(_connector, _restoreConnector, restoreRole, _group, request.Name, cancellationToken);
        try
        {
            restoreRole.BeginUse(database.Server, database.Name, database.TemporaryName);
            var role = await restoreRole.CheckAsync(database.Server, database.Maintenance, cancellationToken);
            await _tools.FindAsync(Tool.Restore, 0, cancellationToken); // fail now rather than when the dump shows which version it needs
            return new PostgreSqlRestoreTarget(_restoreConfig, _restoreConnector, _tools, role, restoreRole, database, request);
        }
        catch (Exception e)
        {
            try
            {
                await database.DisposeAsync();
            }
            finally
            {
                restoreRole.EndUse();
            }

            if (e is NpgsqlException)
            {
                throw ServerErrorTranslator.Translate(e, database.Server.Host.ToString());
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
            await LeftoverDatabases.DropAsync(_group, cancellationToken); // runs even if the folder is not accessible
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _group.Dispose();
        if (!ReferenceEquals(_restoreConnector, _connector))
        {
            await _restoreConnector.DisposeAsync();
        }
        await _connector.DisposeAsync();
    }

    private RestoreRole CreateRestoreRole() => new(_config, _restoreConnector);
}
