namespace Holdfast.Node.Sources;

/// <summary>The passwords given with a definition of a source: null to keep the stored one, empty for none.</summary>
/// <param name="Password">Password of the user in the URL.</param>
/// <param name="RestorePassword">Password of the role that runs restores.</param>
public readonly record struct SourcePasswordUpdate(string? Password, string? RestorePassword = null);
