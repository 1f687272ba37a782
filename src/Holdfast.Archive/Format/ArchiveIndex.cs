namespace Holdfast.Archive.Format;

/// <summary>
/// <c>index.json</c>, the last entry, in a frame of its own: the position of the manifest. An archive without it is not valid.
/// </summary>
/// <param name="Format">Version of the format.</param>
/// <param name="Manifest">The position of the manifest in this archive.</param>
public sealed record ArchiveIndex(int Format, ManifestPart Manifest);
