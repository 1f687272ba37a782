using System.Text.Json.Serialization;
using Holdfast.Core.Alerts;

namespace Holdfast.Node.Discovery;

/// <summary>What one node knows about its source of a name, as stored per node. Only that node writes it.</summary>
public sealed record NodeSourceRecord
{
    /// <summary>
    /// Location of the source when the node last accepted it, which identifies a source that has no identity; null if its engine has none.
    /// </summary>
    [JsonPropertyName("place")]
    public string? Location { get; init; }

    /// <summary>
    /// How code of a database that this node restored has changed the role that runs restores; null if none has, or it was undone.
    /// </summary>
    public RestoreRoleChange? RestoreRole { get; init; }

    /// <summary>
    /// Restores of this node that may have changed that role: they are running, or were interrupted before the role could be checked. By
    /// the ids of their operations; null if there are none.
    /// </summary>
    [JsonPropertyName("unchecked")]
    public IReadOnlyDictionary<string, UncheckedRestore>? UncheckedRestores { get; init; }
}
