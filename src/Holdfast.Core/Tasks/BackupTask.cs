using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>
/// One task of one database, derived or regular, as the scheduler and the runner see it. They do not distinguish the two.
/// </summary>
public sealed record BackupTask
{
    /// <summary>
    /// Its id, stable across edits and renames and short enough for a folder name: 20 hexadecimal digits, or 10 if created by 0.1.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>Its database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Its name; that of a derived task begins with <see cref="TaskNames.ServerWidePrefix"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the template that it is derived from; null for a regular task.</summary>
    public string? TemplateId { get; init; }

    /// <summary>Its settings.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>How much later than its slots it starts; at most the template's spread.</summary>
    public TimeSpan Offset { get; init; }

    /// <summary>Slots before this time do not count.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }

    /// <summary>Tag of the node that should run it while it can; null for any.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Whether it is derived from a template.</summary>
    public bool IsServerWide => TemplateId is not null;
}
