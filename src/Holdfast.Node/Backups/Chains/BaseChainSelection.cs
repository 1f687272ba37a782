using Holdfast.Archive.Index;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>The base of a backup.</summary>
/// <param name="Kind">Full, or incremental on <paramref name="Chain"/>.</param>
/// <param name="Reason">Why a requested incremental becomes full; null if it does not.</param>
/// <param name="Chain">The chain to extend; null for a full backup.</param>
/// <param name="Index">The index of that chain; null for a full backup.</param>
internal sealed record BaseChainSelection(BackupKind Kind, string? Reason, StoredChain? Chain, ChainIndex? Index) : IAsyncDisposable
{
    /// <summary>A full backup, with the reason if an incremental was requested.</summary>
    public static BaseChainSelection Full(string? reason) => new(BackupKind.Full, reason, null, null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Index?.DisposeAsync() ?? ValueTask.CompletedTask;
}
