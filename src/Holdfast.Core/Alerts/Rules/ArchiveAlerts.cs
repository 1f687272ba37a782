namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about damaged and missing archives.</summary>
internal static class ArchiveAlerts
{
    /// <summary>Returns all alerts about archives and the files among them.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        snapshot.Archives.SelectMany(Copies).Concat(snapshot.ForeignFiles.Select(Foreign));

    private static Alert Foreign(ForeignFilesAlertInput files) =>
        new()
        {
            Key = $"foreign:{files.Destination}",
            Kind = AlertKind.ForeignFiles,
            Severity = AlertSeverity.Warning,
            Since = files.Since,
            Subject = new() { Destination = files.Destination },
            Message =
                $"'{files.Destination}' has {(files.Count == 1 ? "a file" : $"{AlertText.Number(files.Count)} files")} among its archives "
                + $"that Holdfast has not written, such as '{files.Example}'.",
            Hint = "Find out what writes there: it could also change archives. The alert ends with the audit after they are removed.",
        };

    private static IEnumerable<Alert> Copies(ArchiveAlertInput copies)
    {
        var subject = AlertSubject.Of(copies.Database) with { Destination = copies.Destination };
        if (copies.Damaged > 0)
        {
            yield return new()
            {
                Key = $"damaged:{copies.Destination}:{copies.Database}",
                Kind = AlertKind.BackupDamaged,
                Severity = AlertSeverity.Error,
                Since = copies.DamagedSince!.Value,
                Subject = subject,
                Message =
                    $"{Archives(copies.Damaged)} of '{copies.Database}' at '{copies.Destination}' "
                    + $"{(copies.Damaged == 1 ? "is" : "are")} damaged. {copies.Example}",
                Hint =
                    "It is replaced automatically if another destination has an intact copy; otherwise the next backup is full. "
                    + "Check the disk before you rely on it.",
            };
        }

        if (copies.Missing > 0)
        {
            yield return new()
            {
                Key = $"missing:{copies.Destination}:{copies.Database}",
                Kind = AlertKind.BackupsMissing,
                Severity = AlertSeverity.Error,
                Since = copies.MissingSince!.Value,
                Subject = subject,
                Message =
                    $"{Archives(copies.Missing)} of '{copies.Database}' {(copies.Missing == 1 ? "is" : "are")} missing or incomplete "
                    + $"at '{copies.Destination}'. {copies.MissingExample}",
                Hint =
                    "Archives that another destination has are copied back automatically. If the others were deleted on purpose, "
                    + "acknowledge the alert; otherwise find out what deleted them.",
            };
        }
    }

    private static string Archives(int count) => count == 1 ? "1 archive" : $"{AlertText.Number(count)} archives";
}
