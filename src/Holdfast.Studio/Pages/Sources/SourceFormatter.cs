using Holdfast.Api.Sources;
using Holdfast.Core.Errors;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>Texts about sources.</summary>
internal static class SourceFormatter
{
    /// <summary>Describes why discovery skipped a file.</summary>
    public static string DescribeSkipReason(string reason) =>
        reason switch
        {
            "LooksEncrypted" => "looks like an encrypted database that the settings of the source do not name",
            "NotADatabase" => "not a database according to its header",
            "Empty" => "empty",
            "SideFile" => "write-ahead log, journal or index of a database",
            "OwnFile" => "a file of Holdfast",
            "Link" => "symbolic link; links are not followed",
            "HardLink" => "another name of a database",
            "Special" => "pipe, socket or device",
            "Unreadable" => "unreadable",
            "Excluded" => "excluded by the settings of the source",
            _ => reason,
        };

    /// <summary>The question before a source is confirmed, what confirming does, and what it leaves unchanged.</summary>
    public static (string Title, string Will, string Stays) Confirmation(SourceView source) =>
        source.Missing > 0
            ? (
                $"Were {Plural.Of(source.Missing, "database")} of '{source.Name}' dropped?",
                "They will count as dropped, and their tasks end. If the file system is not mounted, or the wrong server "
                    + "responds, do not confirm: fix that instead.",
                "Their backups stay and can be restored. A database that returns is covered again."
            )
            : (
                $"Is '{source.Name}' the right one?",
                "Another server or directory than before responds under this name. If you confirm it, Holdfast backs it up "
                    + "under this name and restores databases to it.",
                "Backups of the previous one stay."
            );

    /// <summary>Describes the result of a discovery.</summary>
    public static string DescribeDiscovery(SourceView source) =>
        source.Problem is { } problem
            ? $"'{source.Name}': {Sentence.Join(problem.Message, problem.Hint)}"
            : $"'{source.Name}': {Plural.Of(source.Databases, "database")} found.";
}
