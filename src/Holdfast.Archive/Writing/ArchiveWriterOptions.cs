namespace Holdfast.Archive.Writing;

/// <summary>Options for writing archives.</summary>
public sealed record ArchiveWriterOptions
{
    /// <summary>zstd level, 1 to 19; default 1. Level 3 gives about 16 % smaller archives at 0.7 of the speed.</summary>
    public int Level { get; init; } = 1;

    /// <summary>Maximum number of frames in flight; default the number of cores. Each takes about 8 MiB of memory.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
