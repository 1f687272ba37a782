namespace Holdfast.Archive.Format;

/// <summary>The position of bytes of an item.</summary>
/// <param name="Length">Number of bytes, at least 1.</param>
/// <param name="Sha256">
/// Base64. For a part of a stream and a page map, SHA-256 of the bytes; for pages, the hash of hashes, <see cref="PageHash"/>.
/// </param>
/// <param name="Archive">Index into <see cref="Manifest.Archives"/>; 0 is the archive of the manifest.</param>
/// <param name="Offset">Offset of the bytes in that archive's tar stream (before compression).</param>
public sealed record ManifestPart(long Length, string Sha256, int Archive, long Offset);
