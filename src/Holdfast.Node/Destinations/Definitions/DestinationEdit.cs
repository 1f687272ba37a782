namespace Holdfast.Node.Destinations.Definitions;

/// <summary>A definition that is checked and stored: without secrets, and with them apart.</summary>
/// <param name="Config">The definition, which says which secrets it has.</param>
/// <param name="GivenSecrets">The secrets that were given with it, by the names of their settings.</param>
internal sealed record DestinationEdit(DestinationConfig Config, IReadOnlyDictionary<string, string> GivenSecrets);
