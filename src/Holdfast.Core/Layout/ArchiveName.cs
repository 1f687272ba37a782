namespace Holdfast.Core.Layout;

/// <summary>
/// The file name of an archive: <c>&lt;time&gt;.&lt;form&gt;.tar.zst[.age]</c>. Its index is the file
/// <c>&lt;time&gt;.&lt;form&gt;.index</c> in the same folder.
/// </summary>
/// <param name="Time">When the backup began, in UTC and whole seconds; moved forward if that second was taken.</param>
/// <param name="FileType">Type of the archive.</param>
/// <param name="IsEncrypted">Whether the file is an age file.</param>
public sealed record ArchiveName(DateTimeOffset Time, ArchiveFileType FileType, bool IsEncrypted)
{
    /// <summary>
    /// Suffix of a file that is still being written. Such a file is never read, and the next run removes it if it is abandoned.
    /// </summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Suffix of an index file.</summary>
    public const string IndexSuffix = ".index";

    private const string PlainSuffix = ".tar.zst";
    private const string AgeSuffix = ".tar.zst.age";

    /// <summary>Name of the archive's index file.</summary>
    public string IndexName => $"{Stem}{IndexSuffix}";

    private string Stem => $"{TimeStamp.Format(Time)}.{FormatFileType(FileType)}";

    /// <summary>Parses a file name; null if it is not the name of an archive.</summary>
    public static ArchiveName? TryParse(string fileName)
    {
        var encrypted = fileName.EndsWith(AgeSuffix, StringComparison.Ordinal);
        if (!encrypted && !fileName.EndsWith(PlainSuffix, StringComparison.Ordinal))
        {
            return null;
        }
        var stem = fileName[..^(encrypted ? AgeSuffix : PlainSuffix).Length];
        if (stem.Length <= TimeStamp.Length || stem[TimeStamp.Length] != '.' || !TimeStamp.TryParse(stem[..TimeStamp.Length], out var time))
        {
            return null;
        }
        foreach (var form in Enum.GetValues<ArchiveFileType>())
        {
            if (stem[(TimeStamp.Length + 1)..] == FormatFileType(form))
            {
                return new(time, form, encrypted);
            }
        }

        return null;
    }

    /// <summary>The file name.</summary>
    public override string ToString() => Stem + (IsEncrypted ? AgeSuffix : PlainSuffix);

    private static string FormatFileType(ArchiveFileType form) =>
        form switch
        {
            ArchiveFileType.FullBackup => "full-backup",
            ArchiveFileType.Snapshot => "snapshot",
            ArchiveFileType.EncryptedSnapshot => "encrypted-snapshot",
            _ => "incremental-backup",
        };
}
