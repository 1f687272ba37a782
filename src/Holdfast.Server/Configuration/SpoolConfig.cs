namespace Holdfast.Server.Configuration;

/// <summary>Where bytes wait that a slow destination has not taken yet.</summary>
public sealed record SpoolConfig
{
    /// <summary>Absolute path of the folder. Default: null, a folder in the data folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Maximum size in bytes, 0 for no spool. Default: null, half of the free space, and at most 20 GiB.</summary>
    public long? MaxBytes { get; init; }
}
