namespace Holdfast.Archive.Items;

/// <summary>Provides the items of one restore point, assembled from its chain and verified against its manifest.</summary>
public interface IItemSource
{
    /// <summary>The items, in order.</summary>
    IReadOnlyList<ItemInfo> Items { get; }

    /// <summary>
    /// Writes the stream item <paramref name="name"/> to <paramref name="output"/>; returns only after all hashes have been verified.
    /// </summary>
    Task CopyStreamAsync(string name, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellationToken);

    /// <summary>
    /// Writes each page of the image item <paramref name="name"/> once, in any order and from several threads; returns only after the hash
    /// of the image has been verified.
    /// </summary>
    Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken);
}
