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
    async Task<ConnectionTestResult> TestConnectionAsync(CancellationToken cancellationToken)
    {
        var (problems, databases, info) = (new List<HoldfastException>(), 0, (SourceInfo?)null);
        try
        {
            info = await DescribeAsync(cancellationToken);
            await foreach (var database in DiscoverAsync(cancellationToken))
            {
                databases++;
                if (database.Problem is { } problem)
                {
                    problems.Add(problem);
                }
            }
        }
        catch (HoldfastException e)
        {
            problems.Add(e);
        }

        return new(info, databases, problems, []);
    }

    /// <summary>
    /// Finds every database, in the order of their names. One that cannot be read is listed with its problem and stops
    /// no other.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.SourceUnreadable"/> when the source is down; never an empty list instead.
    /// </exception>
    IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>What the discovery that ended last left out.</summary>
    SkippedFiles SkippedFiles => SkippedFiles.None;

    /// <summary>
    /// Gives the source an identity, where it has none and can keep one: it is what <see cref="DescribeAsync"/> says
    /// from then on.
    /// </summary>
    /// <param name="identity">The identity, 1 to 200 characters.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// False where the source cannot keep one, as a directory that may only be read. Not an error: it is told by its
    /// place then.
    /// </returns>
    Task<bool> AssignIdentityAsync(string identity, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>
    /// Tells of databases that were there and are not found any more which are there all the same, and why they are not
    /// found: emptied, or overwritten.
    /// </summary>
    /// <param name="names">Their names.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A problem for each that is there; the others are gone.</returns>
    Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyDictionary<string, HoldfastException>>(new Dictionary<string, HoldfastException>(StringComparer.Ordinal));

    /// <summary>Opens a consistent view of one database. Little is read before <see cref="IDatabaseView.WriteAsync"/>.</summary>
    /// <exception cref="HoldfastException">
    /// The database is gone (<see cref="ErrorCatalogue.NotFound"/>), locked, unreadable, or its key is missing or
    /// wrong.
    /// </exception>
    Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a new database under a temporary name that discovery ignores.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.TargetExists"/>, or the source has no room.</exception>
    Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken);

    /// <summary>Removes what restores that were killed have left behind; never what a living one is working on.</summary>
    Task RemoveLeftoversAsync(CancellationToken cancellationToken);
}
