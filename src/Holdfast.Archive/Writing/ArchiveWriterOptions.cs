namespace Holdfast.Archive.Writing;

/// <summary>How archives are written.</summary>
public sealed record ArchiveWriterOptions
{
    /// <summary>zstd level, 1 to 19; default 1. Level 3 stores about 16 % less at 0.7 of the speed.</summary>
    public int Level { get; init; } = 1;

    /// <summary>Frames worked on at once; default the number of cores. Memory is about 8 MiB for each.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
