namespace Holdfast.Archive.Format;

/// <summary>Where bytes of an item lie.</summary>
/// <param name="Length">Bytes, 1 and more.</param>
/// <param name="Sha256">
/// Base64. Of a stream's part and of a page map: SHA-256 of the bytes. Of pages: the hash of hashes,
/// <see cref="PageHash"/>.
/// </param>
/// <param name="Archive">Index into <see cref="Manifest.Archives"/>; 0 is the archive that the manifest lies in.</param>
/// <param name="Offset">Offset of the bytes in that archive's tar stream (before compression).</param>
public sealed record ManifestPart(long Length, string Sha256, int Archive, long Offset);
