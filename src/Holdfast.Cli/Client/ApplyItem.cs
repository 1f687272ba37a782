using System.Text.Json.Nodes;

namespace Holdfast.Cli.Client;

/// <summary>One item of the file of <c>holdfast apply</c>.</summary>
/// <param name="Kind">Kind of the item, one of the constants below.</param>
/// <param name="Name">Name of the item.</param>
/// <param name="Database">The database of a task; null for the others.</param>
/// <param name="Document">The definition in the file, which is sent to the server unchanged.</param>
/// <param name="Definition">The definition as far as this version knows it, for comparison with the server.</param>
internal sealed record ApplyItem(string Kind, string Name, string? Database, JsonObject Document, object Definition)
{
    /// <summary>A destination.</summary>
    public const string Destination = "destination";

    /// <summary>A server-wide backup task.</summary>
    public const string ServerWide = "server-wide";

    /// <summary>A regular task.</summary>
    public const string Task = "task";

    /// <summary>Leaves out the definition, which may contain a key.</summary>
    public override string ToString() => $"{Kind} {Name}";
}
