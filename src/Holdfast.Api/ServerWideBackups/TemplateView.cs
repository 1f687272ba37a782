using Holdfast.Api.Tasks;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>A server-wide backup task as the API shows it.</summary>
public sealed record TemplateView
{
    /// <summary>Its id, which survives renames.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What was defined; without its key.</summary>
    public required TaskDefinition Definition { get; init; }

    /// <summary>How its tasks stand.</summary>
    public required TemplateCounts Counts { get; init; }

    /// <summary>Which databases it covers, in a line.</summary>
    public required string Summary { get; init; }

    /// <summary>How many of its databases are stored unencrypted, and why, in a line; null where none is.</summary>
    public string? Unencrypted { get; init; }

    /// <summary>The key that was made for it, once; null at any other time.</summary>
    public KeyView? GeneratedKey { get; init; }

    /// <summary>After saving: database by database, what will be made.</summary>
    public PreviewView? Preview { get; init; }
}
