namespace Holdfast.Core.Kinds;

/// <summary>
/// Explains what has to be set in the configuration file of the server, <c>holdfast.json</c>, to use a kind. In its texts, backticks
/// enclose code.
/// </summary>
/// <param name="Title">What the setting does: <c>Add a directory of SQLite databases</c>.</param>
/// <param name="Text">Why it is set there, and how.</param>
/// <param name="Example">The setting, to be copied.</param>
public sealed record ConfigurationGuide(string Title, string Text, string Example)
{
    /// <summary>Details to follow the example; null for none.</summary>
    public string? Notes { get; init; }
}
