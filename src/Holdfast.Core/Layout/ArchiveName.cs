namespace Holdfast.Core.Layout;

/// <summary>
/// The file name of an archive: <c>&lt;time&gt;.&lt;form&gt;.tar.zst[.age]</c>. Its index lies beside it as
/// <c>&lt;time&gt;.&lt;form&gt;.index</c>.
/// </summary>
/// <param name="Time">When the backup began, UTC, whole seconds; moved on where that second was taken.</param>
/// <param name="Form">What the archive is.</param>
/// <param name="IsEncrypted">Whether the file is an age file.</param>
public sealed record ArchiveName(DateTimeOffset Time, ArchiveForm Form, bool IsEncrypted)
{
    /// <summary>Ending of a file that is still being written; never read, removed by the next run.</summary>
    public const string PartialEnding = ".partial";

    /// <summary>Ending of an index file.</summary>
    public const string IndexEnding = ".index";

    private const string PlainEnding = ".tar.zst";
    private const string AgeEnding = ".tar.zst.age";

    /// <summary>Name of the index file that lies beside the archive.</summary>
    public string IndexName => $"{Stem}{IndexEnding}";

    private string Stem => $"{TimeStamp.Format(Time)}.{FormText(Form)}";

    /// <summary>Reads a file name; null when it is not an archive's.</summary>
    public static ArchiveName? TryParse(string fileName)
    {
        var encrypted = fileName.EndsWith(AgeEnding, StringComparison.Ordinal);
        if (!encrypted && !fileName.EndsWith(PlainEnding, StringComparison.Ordinal))
        {
            return null;
        }
        var stem = fileName[..^(encrypted ? AgeEnding : PlainEnding).Length];
        if (stem.Length <= TimeStamp.Length || stem[TimeStamp.Length] != '.' || !TimeStamp.TryParse(stem[..TimeStamp.Length], out var time))
        {
            return null;
        }
        foreach (var form in Enum.GetValues<ArchiveForm>())
        {
            if (stem[(TimeStamp.Length + 1)..] == FormText(form))
            {
                return new(time, form, encrypted);
            }
        }

        return null;
    }

    /// <summary>The file name.</summary>
    public override string ToString() => Stem + (IsEncrypted ? AgeEnding : PlainEnding);

    private static string FormText(ArchiveForm form) =>
        form switch
        {
            ArchiveForm.FullBackup => "full-backup",
            ArchiveForm.Snapshot => "snapshot",
            ArchiveForm.EncryptedSnapshot => "encrypted-snapshot",
            _ => "incremental-backup",
        };
}
