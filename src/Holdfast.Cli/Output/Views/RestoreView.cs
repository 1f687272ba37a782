using Holdfast.Archive.Format;

namespace Holdfast.Cli.Output.Views;

/// <summary>A finished restore.</summary>
/// <param name="Target">The new database.</param>
/// <param name="Database">The one that was backed up.</param>
/// <param name="ArchiveId">Of the point.</param>
/// <param name="Type">What the archive holds.</param>
/// <param name="PointTime">Of the point.</param>
/// <param name="Archives">How many were read.</param>
/// <param name="DatabaseBytes">Bytes of the items at this point.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="File">Owner and mode of the new file; null where it is none.</param>
/// <param name="OriginalFile">The same of the one that was backed up; null where the archive does not say.</param>
/// <param name="Notes">What to know of the chain that was taken; null for nothing.</param>
/// <param name="Warnings">What the operator should know, what was left out among it.</param>
/// <param name="LeftOut">Those of the warnings that tell what the new database lacks.</param>
internal sealed record RestoreView(
    string Target,
    string Database,
    string ArchiveId,
    string Type,
    DateTimeOffset PointTime,
    int Archives,
    long DatabaseBytes,
    double Seconds,
    FilePermissions? File,
    FilePermissions? OriginalFile,
    IReadOnlyList<string>? Notes,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> LeftOut
);
