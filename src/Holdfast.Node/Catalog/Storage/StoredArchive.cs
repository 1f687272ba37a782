using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>A published archive at a destination.</summary>
/// <param name="Path">Its path there.</param>
/// <param name="Name">Its file name.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="HasIndex">Whether its index lies beside it.</param>
public sealed record StoredArchive(string Path, ArchiveName Name, long Length, bool HasIndex)
{
    /// <summary>Bytes of its index; null where it has none.</summary>
    public long? IndexLength { get; init; }

    /// <summary>Path of its index.</summary>
    public string IndexPath => $"{Path[..(Path.LastIndexOf('/') + 1)]}{Name.IndexName}";
}
