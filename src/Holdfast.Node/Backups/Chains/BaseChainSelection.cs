using Holdfast.Archive.Index;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>What a backup builds on.</summary>
/// <param name="Kind">Full, or incremental on <paramref name="Chain"/>.</param>
/// <param name="Reason">Why an incremental that was asked for becomes full; null where it does not.</param>
/// <param name="Chain">The chain that an incremental extends.</param>
/// <param name="Index">What that chain holds.</param>
internal sealed record BaseChainSelection(BackupKind Kind, string? Reason, StoredChain? Chain, ChainIndex? Index) : IAsyncDisposable
{
    /// <summary>A full backup, and why where an incremental was asked for.</summary>
    public static BaseChainSelection Full(string? reason) => new(BackupKind.Full, reason, null, null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Index?.DisposeAsync() ?? ValueTask.CompletedTask;
}
