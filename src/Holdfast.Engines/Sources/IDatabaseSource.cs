using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sources;

/// <summary>An attached source. All members are thread-safe.</summary>
public interface IDatabaseSource : IAsyncDisposable
{
    /// <summary>Name of the source.</summary>
    string Name { get; }

    /// <summary>Describes the source.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceUnreadable"/> if it is unavailable.</exception>
    Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tests whether databases can be backed up and restored here, and reports everything that is missing. Changes nothing.
    /// </summary>
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
    /// Discovers all databases, ordered by name. An unreadable database is listed with its problem and does not affect the others.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.SourceUnreadable"/> if the source is unavailable; it never returns an empty list instead.
    /// </exception>
    IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>The files that the last discovery skipped.</summary>
    SkippedFiles SkippedFiles => SkippedFiles.None;

    /// <summary>
    /// Gives an identity to a source that has none and can store one. <see cref="DescribeAsync"/> returns it from then on.
    /// </summary>
    /// <param name="identity">The identity, 1 to 200 characters.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>
    /// False if the source cannot store one, such as a read-only directory. This is not an error: it is then identified by its location.
    /// </returns>
    Task<bool> AssignIdentityAsync(string identity, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>
    /// Explains why databases are no longer discovered although they still exist, for example because they were emptied or overwritten.
    /// </summary>
    /// <param name="names">Their names.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>A problem for each database that still exists; the others are gone.</returns>
    Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyDictionary<string, HoldfastException>>(new Dictionary<string, HoldfastException>(StringComparer.Ordinal));

    /// <summary>Opens a consistent view of one database. Reads little before <see cref="IDatabaseView.WriteAsync"/>.</summary>
    /// <exception cref="HoldfastException">
    /// The database does not exist (<see cref="ErrorCatalog.NotFound"/>), is locked or unreadable, or its key is missing or wrong.
    /// </exception>
    Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken);

    /// <summary>Starts a new database under a temporary name that discovery ignores.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.TargetExists"/>, or the source has too little space.</exception>
    Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken);

    /// <summary>Removes the leftovers of killed restores, but nothing of a running one.</summary>
    Task RemoveLeftoversAsync(CancellationToken cancellationToken);
}
