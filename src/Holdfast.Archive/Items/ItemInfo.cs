namespace Holdfast.Archive.Items;

/// <summary>One item of a restore point.</summary>
/// <param name="Name">Plain file name.</param>
/// <param name="Kind">How it is stored.</param>
/// <param name="Length">Size of the whole item, assembled from the chain, in bytes.</param>
/// <param name="PageSize">Page size of an image, in bytes; 0 for a stream.</param>
public sealed record ItemInfo(string Name, ItemKind Kind, long Length, int PageSize);
