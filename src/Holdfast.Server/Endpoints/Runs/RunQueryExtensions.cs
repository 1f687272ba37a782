using Holdfast.Api;
using Holdfast.Api.Runs;
using Holdfast.Core.Runs;
using Holdfast.Node.Runs;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Executes a <see cref="RunQuery"/>.</summary>
internal static class RunQueryExtensions
{
    /// <summary>Returns the requested page.</summary>
    public static Page<Run> Execute(this RunQuery query, RunRegistry runs, TaskRegistry tasks)
    {
        var limit = query.Limit ?? 100;
        Paging.ValidateLimit(limit);
        var template = query.Template is null ? null : tasks.FindTemplate(query.Template)?.Id;
        var found = runs.All.Where(r =>
            (query.After is null || string.CompareOrdinal(r.Id, query.After) < 0)
            && (query.Ended is null || r.HasEnded == query.Ended)
            // The runs of a task that was deleted since are found by its former name.
            && (
                query.Template is null
                || r.TemplateId == template
                || (template is null && r.TemplateName.Equals(query.Template, StringComparison.OrdinalIgnoreCase))
            )
        );
        return Paging.ToPage([.. found.OrderByDescending(r => r.Id, StringComparer.Ordinal).Take(limit + 1)], limit, r => r.Id);
    }
}
