namespace Holdfast.Cli.Output.Views;

/// <summary>A verified archive; <c>State</c> is <c>Whole</c>, <c>Damaged</c> or <c>NotChecked</c>.</summary>
internal sealed record VerifyView(
    string Path,
    bool Ok,
    string State,
    string? Id,
    string? Database,
    long StoredBytes,
    long TarBytes,
    ErrorView? Error
);
