namespace Holdfast.Archive.Reading;

/// <summary>One entry of an archive's tar stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Size of its content, in bytes; -1 if only the entry itself states it.</param>
/// <param name="Sha256">Hash of the content, Base64; for pages, the hash of hashes. Null if unknown.</param>
/// <param name="PageSize">Page size of pages, in bytes; otherwise 0.</param>
/// <param name="Offset">Offset of its content in the tar stream.</param>
internal sealed record LayoutEntry(string Name, long Length, string? Sha256, int PageSize, long Offset);
