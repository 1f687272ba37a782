using Holdfast.Archive.Writing;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups.Comparing;

/// <summary>Compares a database with an unchanged change token to its newest backup. No destination is accessed.</summary>
/// <param name="sources">The sources.</param>
/// <param name="keys">Keys of encrypted databases.</param>
/// <param name="settings">The node's own key.</param>
public sealed class DatabaseComparer(SourceRegistry sources, DatabaseKeys keys, NodeSettings settings)
{
    /// <summary>Compares a database.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="status">The status of the task.</param>
    /// <param name="meter">Receives the progress.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <exception cref="HoldfastException">The database cannot be read.</exception>
    public async Task<ComparisonResult> CompareAsync(
        BackupTask task,
        TaskStatus status,
        BackupMeter meter,
        CancellationToken cancellationToken
    )
    {
        if (status.Content is not { } known)
        {
            return ComparisonResult.SourceUnavailable;
        }
        await using var lease = await TryAcquireAsync(task.Database.Source, cancellationToken);
        if (lease is null)
        {
            return ComparisonResult.SourceUnavailable;
        }
        var database = lease.GetDatabase(task.Database.Name);
        if (database.Problem is not null)
        {
            throw database.Problem;
        }
        var key = database.Encryption == EncryptionState.No ? null : await keys.FindAsync(task.Database, cancellationToken);
        var type = status.EffectiveType ?? task.Settings.Type;
        await using var view = await lease.Source.OpenViewAsync(database, new(type, key), cancellationToken);
        if (view.ChangeToken != known.ChangeToken || view.Type != type)
        {
            return ComparisonResult.HasChanged;
        }
        var comparison = new ContentComparison(known.PartMean);
        await view.WriteAsync(new MeteredSink(comparison, meter), cancellationToken);
        return comparison.ComputeContentDigest(known.ChangeToken, ContentKey.Derive(settings.Key)) == known
            ? ComparisonResult.IsEqual
            : ComparisonResult.Differs;
    }

    private async Task<SourceLease?> TryAcquireAsync(string source, CancellationToken cancellationToken)
    {
        try
        {
            return await sources.AcquireAsync(source, cancellationToken);
        }
        catch (HoldfastException)
        {
            return null; // detached, or another source, which the source itself reports
        }
    }
}
