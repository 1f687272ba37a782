using Holdfast.Archive.Format;

namespace Holdfast.Cli.Output;

/// <summary>A finished restore.</summary>
internal sealed record RestoreView(string Target, string Database, string ArchiveId, string Type, DateTimeOffset PointTime, int Archives, long DatabaseBytes, double Seconds, FilePermissions? File, FilePermissions? OriginalFile, IReadOnlyList<string>? Notes);
