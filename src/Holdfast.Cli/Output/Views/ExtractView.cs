namespace Holdfast.Cli.Output.Views;

/// <summary>A finished extraction.</summary>
internal sealed record ExtractView(IReadOnlyList<string> Files, string ArchiveId, int Archives);
