using Holdfast.Core.Tasks;

namespace Holdfast.Core.Layout;

/// <summary>The folder name of a chain: <c>&lt;time&gt;.&lt;node&gt;-&lt;backup|snapshot&gt;[-&lt;task&gt;]</c>.</summary>
/// <param name="Time">Time of the chain's full backup, UTC.</param>
/// <param name="Node">Tag of the node that made it, 1 to 4 capitals.</param>
/// <param name="Type">Type of the chain's full backup.</param>
/// <param name="Task">Short id of its task; null for one-time and offline backups.</param>
public sealed record ChainName(DateTimeOffset Time, string Node, BackupType Type, string? Task)
{
    /// <summary>Whether <paramref name="tag"/> is a valid node tag: 1 to 4 capitals.</summary>
    public static bool IsNodeTag(string tag) => tag.Length is >= 1 and <= 4 && tag.All(char.IsAsciiLetterUpper);

    /// <summary>Parses a folder name; null if it is not the name of a chain.</summary>
    public static ChainName? TryParse(string folderName)
    {
        if (
            folderName.Length <= TimeStamp.Length
            || folderName[TimeStamp.Length] != '.'
            || !TimeStamp.TryParse(folderName[..TimeStamp.Length], out var time)
        )
        {
            return null;
        }
        var parts = folderName[(TimeStamp.Length + 1)..].Split('-', 3);
        if (parts.Length < 2 || !IsNodeTag(parts[0]))
        {
            return null;
        }
        var task = parts.Length == 3 ? parts[2] : null;
        return parts[1] switch
        {
            "backup" => new(time, parts[0], BackupType.Backup, task),
            "snapshot" => new(time, parts[0], BackupType.Snapshot, task),
            _ => null,
        };
    }

    /// <summary>The folder name.</summary>
    public override string ToString() =>
        $"{TimeStamp.Format(Time)}.{Node}-{(Type == BackupType.Snapshot ? "snapshot" : "backup")}{(Task is null ? "" : $"-{Task}")}";
}
