using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Core.Layout;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Tasks;

namespace Holdfast.Server.Endpoints.Destinations;

/// <summary>
/// The lifecycle configuration of a bucket that expires backups as retention would. One rule for each source, so that files in the root,
/// such as the identity, stay.
/// </summary>
/// <param name="tasks">All tasks.</param>
/// <param name="settings">Time zone of schedules, and the maximum age of chains.</param>
internal sealed class LifecycleRule(TaskRegistry tasks, NodeSettings settings)
{
    private const int AbortDays = 2;

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    /// <summary>
    /// The configuration as JSON, as <c>aws s3api put-bucket-lifecycle-configuration</c> reads it; null if nothing expires.
    /// </summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="prefix">Prefix of its keys, without a slash at the end; empty for none.</param>
    public string? Find(string destination, string prefix)
    {
        var root = prefix.Length == 0 ? "" : $"{prefix}/";
        var rules = tasks
            .All.Where(t => t.Settings.Destinations.Contains(destination))
            .GroupBy(t => t.Database.Source, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (Folder: FolderName.Encode(g.Key), Days: FindDays(g, destination)))
            .Where(r => r.Days is not null)
            .Select(r => new JsonObject
            {
                ["ID"] = $"holdfast-{r.Folder}",
                ["Status"] = "Enabled",
                ["Filter"] = new JsonObject { ["Prefix"] = $"{root}{r.Folder}/" },
                ["Expiration"] = new JsonObject { ["Days"] = r.Days },
                // Whoever has the key can overwrite backups: what was overwritten has to stay as long as the backup would have.
                ["NoncurrentVersionExpiration"] = new JsonObject { ["NoncurrentDays"] = r.Days },
                ["AbortIncompleteMultipartUpload"] = new JsonObject { ["DaysAfterInitiation"] = AbortDays },
            })
            .ToList();
        return rules.Count == 0 ? null : new JsonObject { ["Rules"] = new JsonArray([.. rules]) }.ToJsonString(Options);
    }

    // The bucket deletes each file by its own age: the full archive has to outlive the incrementals that build on it. Null if one of the
    // tasks keeps its backups for ever.
    private int? FindDays(IEnumerable<BackupTask> own, string destination)
    {
        var days = 0;
        foreach (var task in own)
        {
            if (task.Settings.Retention?.For(destination) is not { } policy)
            {
                return null;
            }
            days = Math.Max(days, (int)Math.Ceiling(Math.Min((policy.MinimumAge + FindChainLength(task)).TotalDays, int.MaxValue)));
        }
        return days;
    }

    private TimeSpan FindChainLength(BackupTask task)
    {
        var longest = settings.MaxChainAge;
        if (task.Settings.FullBackup is { } full)
        {
            var period = CronSchedule.Parse(full, TimeZones.Find(task.Settings.TimeZone, settings.Zone)).LongestPeriod();
            longest = period < longest ? period : longest;
        }
        // A full backup can fail or be late for some time.
        return longest + RetentionPolicy.MinimumAllowedAge;
    }
}
