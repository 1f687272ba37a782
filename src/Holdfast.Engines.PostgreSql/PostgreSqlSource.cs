using System.Runtime.CompilerServices;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql;

/// <summary>A PostgreSQL server, or a primary and its standbys.</summary>
internal sealed class PostgreSqlSource : IDatabaseSource
{
    private readonly PostgreSqlSourceConfig _config;
    private readonly Connector _connector;
    private readonly ServerGroup _group;
    private readonly DatabaseFinder _finder;
    private readonly ViewOpening _opening;

    /// <param name="config">The source.</param>
    /// <param name="tools">Finds PostgreSQL's programs.</param>
    public PostgreSqlSource(PostgreSqlSourceConfig config, ToolFinder tools)
    {
        _config = config;
        _connector = new(config);
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
        return new(servers[0].Identity, servers[0].ShortVersion, servers[0].Role);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var database in await _finder.FindAsync(cancellationToken)) yield return database;
    }

    /// <inheritdoc/>
    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) => await _opening.OpenAsync(database, request, cancellationToken);

    /// <inheritdoc/>
    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
