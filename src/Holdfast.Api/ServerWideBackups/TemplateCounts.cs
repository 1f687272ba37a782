using Holdfast.Api.Databases;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>Number of databases of a template by the state of their tasks.</summary>
/// <param name="Succeeded">The task protects them: <c>Covered</c>.</param>
/// <param name="Failed">The last run failed: <c>Failing</c>.</param>
/// <param name="NeverRan">They wait for their first backup: <c>Waiting</c>.</param>
/// <param name="Overdue">A run was due more than an hour ago and did not start.</param>
/// <param name="Running">A backup is queued or running.</param>
public sealed record TemplateCounts(int Succeeded, int Failed, int NeverRan, int Overdue, int Running)
{
    /// <summary>
    /// Number of databases in each state, considering only the tasks of this template; see <see
    /// cref="DatabaseView.State"/>. The sum is the number of covered databases.
    /// </summary>
    public IReadOnlyDictionary<string, int> States { get; set; } = new Dictionary<string, int>();
}
