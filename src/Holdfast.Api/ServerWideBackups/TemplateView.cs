using Holdfast.Api.Tasks;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>A server-wide backup task as the API shows it.</summary>
public sealed record TemplateView
{
    /// <summary>Id, which does not change when the task is renamed.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the task.</summary>
    public required string Name { get; init; }

    /// <summary>The definition, without its key.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>Number of databases by the state of their tasks.</summary>
    public required TemplateCounts Counts { get; init; }

    /// <summary>Which databases it covers, in one line.</summary>
    public required string Summary { get; init; }

    /// <summary>How many of its databases are stored unencrypted and why, in one line; null if none is.</summary>
    public string? Unencrypted { get; init; }

    /// <summary>The generated key, only in the answer that created it; null otherwise.</summary>
    public KeyView? GeneratedKey { get; init; }

    /// <summary>After saving: what the task will do for each database; null otherwise.</summary>
    public PreviewView? Preview { get; init; }
}
