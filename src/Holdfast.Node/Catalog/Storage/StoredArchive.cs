using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>A published archive at a destination.</summary>
/// <param name="Path">Its path at the destination.</param>
/// <param name="Name">Its file name.</param>
/// <param name="Length">Length of the file, in bytes.</param>
/// <param name="HasIndex">Whether its index exists next to it.</param>
public sealed record StoredArchive(string Path, ArchiveName Name, long Length, bool HasIndex)
{
    /// <summary>Length of its index, in bytes; null if it has none.</summary>
    public long? IndexLength { get; init; }

    /// <summary>Path of its index.</summary>
    public string IndexPath => $"{Path[..(Path.LastIndexOf('/') + 1)]}{Name.IndexName}";
}
