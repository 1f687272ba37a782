using Holdfast.Archive.Format;

namespace Holdfast.Node.Restores;

/// <summary>What a restore made.</summary>
/// <param name="Warnings">Things that the operator should know of the new database.</param>
/// <param name="File">Owner and mode of its file; null where it is none.</param>
public sealed record RestoredDatabase(IReadOnlyList<string> Warnings, FilePermissions? File);
