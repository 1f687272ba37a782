using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups;

/// <summary>One destination of one backup: what it stores, and why it no longer takes part. Used by one task at a time.</summary>
/// <param name="number">Index in the task's list of destinations.</param>
/// <param name="destination">The destination.</param>
internal sealed class BackupDestination(int number, IDestination destination)
{
    /// <summary>Index in the task's list of destinations.</summary>
    public int Index => number;

    /// <summary>The destination.</summary>
    public IDestination Destination => destination;

    /// <summary>Name of the destination, for messages.</summary>
    public string Name => destination.Name;

    /// <summary>Why it no longer takes part; null while it does.</summary>
    public HoldfastException? Failure { get; private set; }

    /// <summary>Whether it takes part.</summary>
    public bool IsActive => Failure is null;

    /// <summary>The newest chain of the task at this destination that has an archive; null if there is none.</summary>
    public StoredChain? Chain { get; set; }

    /// <summary>Drops the destination from this backup, whatever the exception is; the others continue.</summary>
    /// <param name="e">The reason. The first one is kept.</param>
    public void Exclude(Exception e) =>
        Failure ??=
            e as HoldfastException
            ?? new(
                ErrorCatalog.DestinationFailed,
                $"Destination '{Name}' failed: {e.GetType().Name}: {e.Message}",
                "Test the destination; if the test succeeds, please report this.",
                e
            );

    /// <summary>
    /// Includes the destination again for a new chain, if it was dropped only because it could not be brought up to date with the
    /// old one.
    /// </summary>
    public void Readmit()
    {
        if (Failure?.Error != ErrorCatalog.DestinationFailed && Failure?.Error != ErrorCatalog.DestinationIdentity)
        {
            Failure = null;
        }
    }
}
