namespace Holdfast.Destinations.Urls;

/// <summary>Settings from variables of the environment.</summary>
/// <param name="Settings">The settings by name, without secrets.</param>
/// <param name="Secrets">The secrets by name.</param>
public sealed record EnvironmentSettings(IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Secrets);
