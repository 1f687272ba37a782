using Holdfast.Engines;

namespace Holdfast.Cli.Output;

/// <summary>Reports the files that a discovery skipped, so that nobody takes them for backed up.</summary>
internal static class SkippedFilesReport
{
    private const int MaxNames = 5;

    /// <summary>
    /// Writes a line for each reason with its count and the first names. Files that belong to databases or are
    /// Holdfast's own are not worth one.
    /// </summary>
    public static void Write(CommandConsole console, SkippedFiles passedOver)
    {
        foreach (var (reason, count) in passedOver.Counts.OrderBy(c => c.Key))
        {
            if (reason is SkipReason.SideFile or SkipReason.OwnFile)
            {
                continue;
            }
            var names = passedOver.Files.Where(f => f.Reason == reason).Take(MaxNames).Select(f => f.Name);
            var hint = reason == SkipReason.LooksEncrypted ? ". If it is one, back it up with --encrypted GLOB" : "";
            var list = string.Join(", ", names) + (count > MaxNames ? ", …" : "");
            console.WriteLine($"skipped, {DescribeReason(reason.ToString())}: {count} ({list}){hint}");
        }
    }

    /// <summary>Why a file was left out.</summary>
    /// <param name="reason">Name of a <see cref="SkipReason"/>; one that a newer server sends is shown as it is.</param>
    public static string DescribeReason(string reason) =>
        reason switch
        {
            "LooksEncrypted" => "looks like an encrypted database",
            "NotADatabase" => "not a database by its header",
            "Empty" => "empty",
            "SideFile" => "log, journal or index of a database",
            "OwnFile" => "Holdfast's own file",
            "Link" => "symbolic link",
            "HardLink" => "another name of a database",
            "Special" => "pipe, socket or device",
            "Unreadable" => "unreadable",
            "Excluded" => "excluded by the source's settings",
            _ => reason,
        };
}
