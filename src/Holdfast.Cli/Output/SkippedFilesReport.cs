using Holdfast.Engines.Discovery;

namespace Holdfast.Cli.Output;

/// <summary>Reports the files that a discovery skipped, so that nobody takes them for backed up.</summary>
internal static class SkippedFilesReport
{
    private const int MaxNames = 5;

    /// <summary>
    /// Writes a line for each reason with the number of files and the first names. Files that belong to databases or to
    /// Holdfast are not listed.
    /// </summary>
    public static void Write(CommandConsole console, SkippedFiles skippedFiles)
    {
        foreach (var (reason, count) in skippedFiles.Counts.OrderBy(c => c.Key))
        {
            if (reason is SkipReason.SideFile or SkipReason.OwnFile)
            {
                continue;
            }
            var names = skippedFiles.Files.Where(f => f.Reason == reason).Take(MaxNames).Select(f => f.Name);
            var hint = reason == SkipReason.LooksEncrypted ? ". If it is one, back it up with --encrypted GLOB" : "";
            var list = string.Join(", ", names) + (count > MaxNames ? ", …" : "");
            console.WriteLine($"skipped, {DescribeReason(reason.ToString())}: {count} ({list}){hint}");
        }
    }

    /// <summary>Describes why a file was skipped.</summary>
    /// <param name="reason">Name of a <see cref="SkipReason"/>; unknown names of a newer server are shown unchanged.</param>
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
