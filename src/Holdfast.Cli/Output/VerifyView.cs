namespace Holdfast.Cli.Output;

/// <summary>A verified archive.</summary>
internal sealed record VerifyView(string Path, bool Ok, string? Id, string? Database, long StoredBytes, long TarBytes, ErrorView? Error);
