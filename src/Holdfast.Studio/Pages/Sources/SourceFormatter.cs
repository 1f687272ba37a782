using Holdfast.Api.Sources;
using Holdfast.Core.Errors;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>Words about sources.</summary>
internal static class SourceFormatter
{
    /// <summary>Why a file was passed over.</summary>
    public static string DescribeSkipReason(string reason) =>
        reason switch
        {
            "LooksEncrypted" => "looks like an encrypted database, which the source's settings do not name",
            "NotADatabase" => "no database by its header",
            "Empty" => "empty",
            "SideFile" => "log, journal or index of a database",
            "OwnFile" => "Holdfast's own file",
            "Link" => "symbolic link, which is not followed",
            "HardLink" => "another name of a database",
            "Special" => "pipe, socket or device",
            "Unreadable" => "unreadable",
            "Excluded" => "left out by the source's settings",
            _ => reason,
        };

    /// <summary>A configuration that has one.</summary>
    public const string Example = """
        {
          "sources": [
            { "name": "shop", "engine": "sqlite", "path": "/srv/shop/data", "encrypted": ["*.enc.db"] }
          ]
        }
        """;

    /// <summary>What confirming a source does: the question, what will be, and what stays.</summary>
    public static (string Title, string Will, string Stays) Confirmation(SourceView source) =>
        source.Missing > 0
            ? (
                $"Were {Plural.Of(source.Missing, "database")} of '{source.Name}' dropped?",
                "They count as dropped from now on, and their tasks go. If the file system is not mounted, or the wrong "
                    + "server answers, do not confirm: bring it back.",
                "Their backups stay, and can be restored. A database that comes back is covered again."
            )
            : (
                $"Is '{source.Name}' the right one?",
                "What answers under this name is another server or directory than before. From now on it is backed up under "
                    + "this name, and databases are restored to it.",
                "Backups of what was known by this name stay."
            );

    /// <summary>What a look came to.</summary>
    public static string DescribeDiscovery(SourceView source) =>
        source.Problem is { } problem
            ? $"'{source.Name}': {Sentence.Join(problem.Message, problem.Hint)}"
            : $"'{source.Name}': {Plural.Of(source.Databases, "database")} found.";
}
