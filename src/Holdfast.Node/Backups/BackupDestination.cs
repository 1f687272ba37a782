using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups;

/// <summary>One destination in one backup: what it holds, and why it does not take part any more. Used by one task at a time.</summary>
/// <param name="number">Its place in the order of the task's destinations, from 0.</param>
/// <param name="destination">The destination.</param>
internal sealed class BackupDestination(int number, IDestination destination)
{
    /// <summary>Its place in the order of the task's destinations, from 0.</summary>
    public int Index => number;

    /// <summary>The destination.</summary>
    public IDestination Destination => destination;

    /// <summary>What people call it.</summary>
    public string Name => destination.Name;

    /// <summary>Why it takes no part; null while it does.</summary>
    public HoldfastException? Failure { get; private set; }

    /// <summary>Whether it takes part.</summary>
    public bool IsActive => Failure is null;

    /// <summary>The newest chain of the task there, with an archive; null where there is none.</summary>
    public StoredChain? Chain { get; set; }

    /// <summary>Drops it from this backup. What it threw may be anything: the others go on.</summary>
    /// <param name="e">Why. The first reason stays.</param>
    public void Exclude(Exception e) =>
        Failure ??=
            e as HoldfastException
            ?? new(
                ErrorCatalogue.DestinationFailed,
                $"Destination '{Name}' failed: {e.GetType().Name}: {e.Message}",
                "Test the destination; report this if it is well.",
                e
            );

    /// <summary>Takes it in again for a new chain, if it only could not be brought up to the old one.</summary>
    public void Readmit()
    {
        if (Failure?.Error != ErrorCatalogue.DestinationFailed && Failure?.Error != ErrorCatalogue.DestinationIdentity)
        {
            Failure = null;
        }
    }
}
