using Holdfast.Archive.Items;

namespace Holdfast.Archive.Remote;

/// <summary>A read that is known to come.</summary>
/// <param name="Source">The file.</param>
/// <param name="Offset">Offset of the first byte.</param>
/// <param name="Length">Number of bytes, at least 1.</param>
internal readonly record struct PlannedRead(IByteSource Source, long Offset, int Length)
{
    /// <summary>Offset of the byte after the last one.</summary>
    public long End => Offset + Length;
}
