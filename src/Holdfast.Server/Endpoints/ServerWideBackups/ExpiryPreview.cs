using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Destinations;
using Holdfast.Node.Retention;
using Holdfast.Node.Tasks;

namespace Holdfast.Server.Endpoints.ServerWideBackups;

/// <summary>Previews which chains the retention of a template would delete.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="retention">Plans deletions.</param>
internal sealed class ExpiryPreview(TaskRegistry tasks, DestinationRegistry destinations, RetentionRunner retention)
{
    private const int MaxTasks = 1_000;

    /// <summary>The chains that would be deleted, and the destinations that could not be read.</summary>
    public async Task<(IReadOnlyList<string> Expired, IReadOnlyList<UnreachableDestinationView> Unreachable)> FindAsync(
        Template template,
        CancellationToken cancellationToken
    )
    {
        var (expired, failures) = (new List<string>(), new List<(string Destination, HoldfastException Error)>());
        if (template.Settings.Retention is not null)
        {
            var own = tasks.All.Where(t => t.TemplateId == template.Id).Take(MaxTasks).Select(t => t with { Settings = template.Settings });
            foreach (var task in own)
            {
                await FindAsync(task, expired, failures, cancellationToken);
            }
        }

        return (
            expired,
            [
                .. failures
                    .GroupBy(f => f.Destination, StringComparer.Ordinal)
                    .Select(g => new UnreachableDestinationView(g.Key, g.Count(), OperationError.From(g.First().Error))),
            ]
        );
    }

    private async Task FindAsync(
        BackupTask task,
        List<string> expired,
        List<(string Destination, HoldfastException Error)> failures,
        CancellationToken cancellationToken
    )
    {
        foreach (var name in task.Settings.Destinations.Where(d => !retention.IsLeftToBucket(d)))
        {
            try
            {
                await using var destination = await destinations.OpenAsync(name, cancellationToken);
                var plan = await retention.PlanAsync(task, name, destination, approved: true, cancellationToken);
                expired.AddRange(plan.Deletable.Select(c => $"{name}: {c.Path}"));
            }
            catch (HoldfastException e)
            {
                failures.Add((name, e));
            }
        }
    }
}
