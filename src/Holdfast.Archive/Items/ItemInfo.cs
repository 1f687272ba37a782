namespace Holdfast.Archive.Items;

/// <summary>One item of a restore point.</summary>
/// <param name="Name">Plain file name.</param>
/// <param name="Kind">How it is stored.</param>
/// <param name="Length">Bytes of the whole item, joined over the chain.</param>
/// <param name="PageSize">Bytes in a page of an image; 0 for a stream.</param>
public sealed record ItemInfo(string Name, ItemKind Kind, long Length, int PageSize);
