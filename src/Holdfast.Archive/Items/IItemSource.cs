namespace Holdfast.Archive.Items;

/// <summary>Gives the items of one restore point back, joined over its chain and checked against its manifest.</summary>
public interface IItemSource
{
    /// <summary>Names, kinds and lengths of the items, in their order.</summary>
    IReadOnlyList<ItemInfo> Items { get; }

    /// <summary>
    /// Writes the stream item <paramref name="name"/> to <paramref name="output"/>; returns only when every byte's hash
    /// was right.
    /// </summary>
    Task CopyStreamAsync(string name, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellationToken);

    /// <summary>
    /// Writes each page of the image item <paramref name="name"/> once, in any order and from several threads; returns
    /// only when the image's hash was right.
    /// </summary>
    Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken);
}
