using System.Globalization;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about scheduled verifications that are late.</summary>
internal static class VerificationAlerts
{
    /// <summary>One alert for each template, and for each task without one.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) => snapshot.LateVerifications.Select(late => Of(snapshot, late));

    private static Alert Of(AlertSnapshot snapshot, VerificationAlertInput late)
    {
        var (task, days) = (late.Task, late.Task.Settings.VerifyEveryDays ?? 0);
        var since = late.Since.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var chains = late.Chains == 1 ? "1 chain was" : string.Create(CultureInfo.InvariantCulture, $"{late.Chains} chains were");
        return new()
        {
            Key = $"verification-late:{task.TemplateId ?? task.Id}",
            Kind = AlertKind.VerificationLate,
            Severity = AlertSeverity.Warning,
            Since = late.Since.AddDays(2 * days),
            Subject = task.TemplateId is { } template
                ? new() { Template = template }
                : new()
                {
                    Database = task.Database.ToString(),
                    Source = task.Database.Source,
                    Task = task.Id,
                },
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Task '{task.Name}' verifies its backups every {days} days; {chains} not verified for twice as long, the oldest not "
                    + $"since {since}."
            ),
            Hint =
                "Check its last verifications: a key or a destination may be missing. If there is too much to read, increase "
                + "verifyEveryDays or shorten retention.",
        };
    }
}
