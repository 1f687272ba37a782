using Holdfast.Core.Alerts;

namespace Holdfast.Node.Discovery;

/// <summary>What is known of a source by its name, as it is stored: a source that is another one is not used.</summary>
public sealed record SourceRecord
{
    /// <summary>Its identity; null where it has none that it keeps.</summary>
    public string? Identity { get; init; }

    /// <summary>
    /// Its place when it was seen last, which tells it weakly where it has no identity; null where its engine has no
    /// such thing.
    /// </summary>
    public string? Place { get; init; }

    /// <summary>
    /// How code of a restored database has changed the role that runs restores there; null where none has, or it is
    /// undone.
    /// </summary>
    public RestoreRoleChange? RestoreRole { get; init; }

    /// <summary>
    /// Restores of which it is not known what their code has done to that role: they run, or were cut off before
    /// anybody could look. By the ids of their operations; null for none.
    /// </summary>
    public IReadOnlyDictionary<string, UncheckedRestore>? Unchecked { get; init; }
}
