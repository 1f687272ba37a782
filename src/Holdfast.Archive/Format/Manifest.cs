namespace Holdfast.Archive.Format;

/// <summary><c>manifest.json</c>: everything that a restore of this point needs.</summary>
public sealed record Manifest
{
    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = ArchiveHeader.CurrentFormat;

    /// <summary>Id of its archive; the same as in the header.</summary>
    public required string Id { get; init; }

    /// <summary>Ids of the archives that contain its parts; the first is this one.</summary>
    public required IReadOnlyList<string> Archives { get; init; }

    /// <summary>The items, in order.</summary>
    public required IReadOnlyList<ManifestItem> Items { get; init; }

    /// <summary>Bytes of all items at this point.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes of items stored in this archive itself, before compression.</summary>
    public required long OwnBytes { get; init; }

    /// <summary>What the engine checks after a restore.</summary>
    public required IReadOnlyDictionary<string, string> Fingerprint { get; init; }

    /// <summary>Warnings that were shown to the operator. The JSON reader sets null if the file has none.</summary>
    public IReadOnlyList<string> Warnings
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Owner and mode of the database file; null if the database is not a file, and in archives of earlier versions.</summary>
    public FilePermissions? File { get; init; }

    /// <summary>When the last item was read, UTC.</summary>
    public required DateTimeOffset EndTime { get; init; }
}
