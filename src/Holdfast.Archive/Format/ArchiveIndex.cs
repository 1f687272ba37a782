namespace Holdfast.Archive.Format;

/// <summary>
/// <c>index.json</c>, the last entry, in a frame of its own: where the manifest lies. Without it an archive is not
/// valid.
/// </summary>
/// <param name="Format">Version of the format.</param>
/// <param name="Manifest">The manifest's bytes in this archive.</param>
public sealed record ArchiveIndex(int Format, ManifestPart Manifest);
