using Holdfast.Core.Runs;
using Holdfast.Node;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Server.Endpoints.Runs;

/// <summary>Which runs a list shows.</summary>
public sealed record RunQuery
{
    /// <summary>Only those of the server-wide backup task of this name.</summary>
    public string? Template { get; init; }

    /// <summary>Only those that are over, or that are not.</summary>
    public bool? Ended { get; init; }

    /// <summary><c>next</c> of the page before.</summary>
    public string? After { get; init; }

    /// <summary>The most items, 1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }

    /// <summary>The page that is asked for.</summary>
    internal Page<Run> Execute(HoldfastNode node)
    {
        var limit = Limit ?? 100;
        Paging.ValidateLimit(limit);
        var template = Template is null ? null : node.Tasks.FindTemplate(Template)?.Id;
        var found = node.Runs.All.Where(r =>
            (After is null || string.CompareOrdinal(r.Id, After) < 0)
            && (Ended is null || r.HasEnded == Ended)
            // One that was deleted since is found by the name that it had.
            && (
                Template is null
                || r.TemplateId == template
                || (template is null && r.TemplateName.Equals(Template, StringComparison.OrdinalIgnoreCase))
            )
        );
        return Paging.ToPage([.. found.OrderByDescending(r => r.Id, StringComparer.Ordinal).Take(limit + 1)], limit, r => r.Id);
    }
}
