using Holdfast.Api.Databases;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>How the tasks of a template stand, in numbers of databases.</summary>
/// <param name="Succeeded">It protects them: <c>Covered</c>.</param>
/// <param name="Failed">The last run failed: <c>Failing</c>.</param>
/// <param name="NeverRan">They wait for their first backup: <c>Waiting</c>.</param>
/// <param name="Overdue">A slot passed more than an hour ago, and nothing ran.</param>
/// <param name="Running">A run waits or runs.</param>
public sealed record TemplateCounts(int Succeeded, int Failed, int NeverRan, int Overdue, int Running)
{
    /// <summary>
    /// Its databases in each state that its tasks alone give them; see <see cref="DatabaseView.State"/>. They add up to
    /// all that it covers.
    /// </summary>
    public IReadOnlyDictionary<string, int> States { get; set; } = new Dictionary<string, int>();
}
