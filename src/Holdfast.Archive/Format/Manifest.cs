namespace Holdfast.Archive.Format;

/// <summary><c>manifest.json</c>: everything a restore of this point needs to know.</summary>
public sealed record Manifest
{
    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = ArchiveHeader.CurrentFormat;

    /// <summary>Id of the archive that it lies in; the same as in its header.</summary>
    public required string Id { get; init; }

    /// <summary>Ids of the archives that parts lie in; the first is this one.</summary>
    public required IReadOnlyList<string> Archives { get; init; }

    /// <summary>The items, in order.</summary>
    public required IReadOnlyList<ManifestItem> Items { get; init; }

    /// <summary>Bytes of all items at this point.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes of items that this archive itself holds, before compression.</summary>
    public required long OwnBytes { get; init; }

    /// <summary>What the engine checks after a restore.</summary>
    public required IReadOnlyDictionary<string, string> Fingerprint { get; init; }

    /// <summary>What the operator was told. The JSON reader gives null where the file has none.</summary>
    public IReadOnlyList<string> Warnings
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Owner and mode of the file that the database was; null where it was none, and in archives of earlier versions.</summary>
    public FilePermissions? File { get; init; }

    /// <summary>When the last item was read, UTC.</summary>
    public required DateTimeOffset EndTime { get; init; }
}
