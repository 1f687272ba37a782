namespace Holdfast.Cli.Output.Views;

/// <summary>A restore point.</summary>
internal sealed record PointView(
    string Path,
    string Folder,
    DateTimeOffset Time,
    string Form,
    string Node,
    string? Task,
    long StoredBytes,
    bool Encrypted,
    bool Passphrase,
    IReadOnlyList<string> KeyIds,
    string? Id,
    string? Parent,
    string? Database,
    ErrorView? Error
);
