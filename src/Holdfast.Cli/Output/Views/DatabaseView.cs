namespace Holdfast.Cli.Output.Views;

/// <summary>A discovered database.</summary>
internal sealed record DatabaseView(string Id, string Source, string Name, long SizeBytes, string Encryption, ErrorView? Error);
