using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>
/// One task of one database, derived or regular: what scheduler and runner work with. They do not know which of the two
/// it is.
/// </summary>
public sealed record BackupTask
{
    /// <summary>
    /// Its id, stable over edits and renames; short enough for a folder's name: 20 hexadecimal digits, or 10 where 0.1
    /// made it.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>Its database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Its name; a derived one begins with <see cref="TaskNames.ServerWidePrefix"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the template that it is derived from; null for a regular one.</summary>
    public string? TemplateId { get; init; }

    /// <summary>What it does.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>How much later than its slots it starts, of the template's spread.</summary>
    public TimeSpan Offset { get; init; }

    /// <summary>Slots before this time do not count.</summary>
    public required DateTimeOffset ScheduledSince { get; init; }

    /// <summary>Tag of the node that should run it while it can; null for any.</summary>
    public string? PreferredNode { get; init; }

    /// <summary>Whether it is derived from a template.</summary>
    public bool IsServerWide => TemplateId is not null;
}
