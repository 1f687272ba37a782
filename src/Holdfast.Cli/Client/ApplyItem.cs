using System.Text.Json.Nodes;

namespace Holdfast.Cli.Client;

/// <summary>One thing that shall be as <c>holdfast apply</c> was told.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Database">The database of a task; null for the others.</param>
/// <param name="Body">What is sent to the server.</param>
/// <param name="Parsed">The same, read as the server would.</param>
internal sealed record ApplyItem(string Kind, string Name, string? Database, JsonObject Body, object Parsed)
{
    /// <summary>A destination.</summary>
    public const string Destination = "destination";

    /// <summary>A server-wide backup task.</summary>
    public const string ServerWide = "server-wide";

    /// <summary>A regular task.</summary>
    public const string Task = "task";

    /// <summary>Without what it says: there may be a key in it.</summary>
    public override string ToString() => $"{Kind} {Name}";
}
