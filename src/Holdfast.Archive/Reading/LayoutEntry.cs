namespace Holdfast.Archive.Reading;

/// <summary>One entry of an archive's tar stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Bytes of its content; -1 where only the entry itself tells.</param>
/// <param name="Sha256">Hash of the content, Base64; of pages the hash of hashes. Null where it is not known.</param>
/// <param name="PageSize">Bytes of a page, of pages; else 0.</param>
/// <param name="Offset">Where its content begins in the tar stream.</param>
internal sealed record LayoutEntry(string Name, long Length, string? Sha256, int PageSize, long Offset);
