namespace Holdfast.Cli.Output.Views;

/// <summary>A restore point.</summary>
internal sealed record PointView
{
    /// <summary>Path of the archive.</summary>
    public required string Path { get; init; }

    /// <summary>The chain's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Time in the name of the archive.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What the archive is: <c>full-backup</c>, <c>snapshot</c>, <c>encrypted-snapshot</c> or <c>incremental-backup</c>.</summary>
    public required string Form { get; init; }

    /// <summary>Tag of the node that wrote it.</summary>
    public required string Node { get; init; }

    /// <summary>Tag of its task.</summary>
    public string? Task { get; init; }

    /// <summary>Size of the archive file, in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Whether it is encrypted.</summary>
    public required bool Encrypted { get; init; }

    /// <summary>Whether a passphrase opens it.</summary>
    public required bool Passphrase { get; init; }

    /// <summary>Ids of the keys that open it.</summary>
    public required IReadOnlyList<string> KeyIds { get; init; }

    /// <summary>Id of the archive; null if no key opens it.</summary>
    public string? Id { get; init; }

    /// <summary>Id of the archive that it builds on.</summary>
    public string? Parent { get; init; }

    /// <summary>The database that was backed up.</summary>
    public string? Database { get; init; }

    /// <summary>Why the archive cannot be read.</summary>
    public ErrorView? Error { get; init; }
}
