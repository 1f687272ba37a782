using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tasks;

/// <summary>
/// What a template would do for each database, shown before it is saved. The runner applies the same rules to what it finds at run time.
/// </summary>
/// <param name="Databases">Every database that is not dropped, in the given order.</param>
/// <param name="Summary">One line, such as <c>covers 412 databases (400 as snapshot, 12 as logical backup), 3 excluded</c>.</param>
public sealed record TaskPreview(IReadOnlyList<PreviewedDatabase> Databases, string Summary)
{
    /// <summary>Creates the preview of <paramref name="template"/>.</summary>
    /// <param name="template">The template, saved or not.</param>
    /// <param name="databases">
    /// The databases, and whether the server knows the key of each (ignored if it is not encrypted). Dropped ones are skipped.
    /// </param>
    /// <param name="canSnapshot">Whether the engine of this name supports snapshots.</param>
    /// <param name="insteadOfLogical">
    /// Why the last logical backup of a database, by any task, became a snapshot; null if it did not.
    /// </param>
    public static TaskPreview Create(
        Template template,
        IEnumerable<(DatabaseRecord Database, bool KeyKnown)> databases,
        Func<string, bool> canSnapshot,
        Func<DatabaseId, string?> insteadOfLogical
    )
    {
        var exclusions = new Exclusions(template.Excluded);
        List<PreviewedDatabase> all =
        [
            .. databases
                .Where(d => d.Database.Dropped is null)
                .Select(d =>
                    exclusions.Contains(d.Database.Id)
                        ? new PreviewedDatabase { Database = d.Database.Id, IsExcluded = true }
                        : PreviewCovered(d.Database, d.KeyKnown, template.Settings, canSnapshot(d.Database.Engine), insteadOfLogical)
                ),
        ];
        return new(all, Summarize(all));
    }

    /// <summary>
    /// One line that states how many archives are not encrypted, and why, such as <c>20 of 29 databases are stored unencrypted: no key
    /// given</c>; null if there are none.
    /// </summary>
    public string? Unencrypted
    {
        get
        {
            var plain = Databases.Where(d => d.Encryption?.Mode == ArchiveEncryption.None).ToList();
            if (plain.Count == 0)
            {
                return null;
            }
            var reasons = plain.GroupBy(d => d.Encryption!.Reason, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ToList();
            var why = reasons.Count == 1 ? reasons[0].Key : string.Join("; ", reasons.Select(g => $"{g.Key} ({Number(g.Count())})"));
            var covered = Databases.Count(d => !d.IsExcluded);
            return $"{Number(plain.Count)} of {Number(covered)} {(covered == 1 ? "database" : "databases")} "
                + $"{(plain.Count == 1 ? "is" : "are")} stored unencrypted: {why}";
        }
    }

    private static PreviewedDatabase PreviewCovered(
        DatabaseRecord database,
        bool keyKnown,
        TaskSettings settings,
        bool canSnapshot,
        Func<DatabaseId, string?> insteadOfLogical
    )
    {
        // "Maybe" means that the beginning of the file looks random. Without a matching key, only its pages can be copied.
        var encrypted = database.Encryption != "No";
        var locked = encrypted && !keyKnown;
        var (type, reason) = (settings.Type, canSnapshot, locked) switch
        {
            (BackupType.Backup, true, true) => (
                BackupType.Snapshot,
                "its key is not known, so a snapshot is made instead of a logical backup"
            ),
            (BackupType.Snapshot, false, _) => (
                BackupType.Backup,
                $"{database.Engine} does not support snapshots, so a logical backup is made"
            ),
            var (asked, _, _) => (asked, null),
        };
        // Whether a script can represent the database is known only after it was tried: use the result of the last backup.
        if (settings.Type == BackupType.Backup && type == BackupType.Backup && canSnapshot && insteadOfLogical(database.Id) is { } last)
        {
            (type, reason) = (BackupType.Snapshot, $"its last logical backup became a snapshot: {last}");
        }
        return new()
        {
            Database = database.Id,
            Type = type,
            TypeReason = reason,
            Encryption = EncryptionDecision.Decide(
                encrypted,
                settings.Type,
                type,
                settings.Encryption.Mode != EncryptionMode.None,
                settings.Encryption.EncryptSnapshots
            ),
            Problem = database.Problem?.Message
                ?? (
                    locked && type == BackupType.Backup
                        ? "it is encrypted and its key is not known: it cannot be backed up until the key is provided"
                        : null
                ),
        };
    }

    private static string Summarize(List<PreviewedDatabase> all)
    {
        var covered = all.Where(d => !d.IsExcluded).ToList();
        var excluded = all.Count - covered.Count;
        List<string> types = [.. Counted(BackupType.Snapshot, "snapshot"), .. Counted(BackupType.Backup, "logical backup")];
        var databases = covered.Count switch
        {
            0 => "covers no databases",
            1 => $"covers 1 database ({types[0]})",
            _ => $"covers {Number(covered.Count)} databases ({string.Join(", ", types)})",
        };
        var problems = covered.Count(d => d.Problem is not null);
        return databases
            + (excluded == 0 ? "" : $", {Number(excluded)} excluded")
            + (problems == 0 ? "" : $", {Number(problems)} with a problem");

        IEnumerable<string> Counted(BackupType type, string words)
        {
            var count = covered.Count(d => d.Type == type);
            if (count > 0)
            {
                yield return $"{Number(count)} as {words}";
            }
        }
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}
