namespace Holdfast.Cli.Output.Views;

/// <summary>A verified archive.</summary>
internal sealed record VerifyView
{
    /// <summary>Path of the archive.</summary>
    public required string Path { get; init; }

    /// <summary>Whether no problem was found.</summary>
    public required bool Ok { get; init; }

    /// <summary><c>Whole</c>, <c>Damaged</c> or <c>NotChecked</c>.</summary>
    public required string State { get; init; }

    /// <summary>Id of the archive; null if its header could not be read.</summary>
    public string? Id { get; init; }

    /// <summary>The database that was backed up.</summary>
    public string? Database { get; init; }

    /// <summary>Size of the archive file, in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Size of its uncompressed content, in bytes.</summary>
    public required long TarBytes { get; init; }

    /// <summary>The problem that was found.</summary>
    public ErrorView? Error { get; init; }
}
