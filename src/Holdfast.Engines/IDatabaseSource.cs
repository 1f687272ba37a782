using Holdfast.Core.Errors;

namespace Holdfast.Engines;

/// <summary>An attached source. All members may be called by several tasks at once.</summary>
public interface IDatabaseSource : IAsyncDisposable
{
    /// <summary>Name of the source.</summary>
    string Name { get; }

    /// <summary>Says what the source is.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceUnreadable"/> when it is down.</exception>
    Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Tries whether databases can be backed up and restored here, and tells all that is missing. Changes nothing.</summary>
    async Task<SourceTest> TestAsync(CancellationToken cancellationToken)
    {
        var (problems, databases, info) = (new List<HoldfastException>(), 0, (SourceInfo?)null);
        try
        {
            info = await DescribeAsync(cancellationToken);
            await foreach (var database in DiscoverAsync(cancellationToken))
            {
                databases++;
                if (database.Problem is { } problem) problems.Add(problem);
            }
        }
        catch (HoldfastException e)
        {
            problems.Add(e);
        }

        return new(info, databases, problems, []);
    }

    /// <summary>Finds every database, in the order of their names. One that cannot be read is listed with its problem and stops no other.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceUnreadable"/> when the source is down; never an empty list instead.</exception>
    IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>Opens a consistent view of one database. Little is read before <see cref="IDatabaseView.WriteAsync"/>.</summary>
    /// <exception cref="HoldfastException">The database is gone (<see cref="ErrorCatalogue.NotFound"/>), locked, unreadable, or its key is missing or wrong.</exception>
    Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a new database under a temporary name that discovery ignores.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.TargetExists"/>, or the source has no room.</exception>
    Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken);

    /// <summary>Removes what restores that were killed have left behind; never what a living one is working on.</summary>
    Task RemoveLeftoversAsync(CancellationToken cancellationToken);
}
