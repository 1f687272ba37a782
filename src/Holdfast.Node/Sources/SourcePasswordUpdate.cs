namespace Holdfast.Node.Sources;

/// <summary>The passwords that come with a definition of a source: null to keep the one that is stored, empty for none.</summary>
/// <param name="Password">That of its user.</param>
/// <param name="RestorePassword">That of the role which restores are run as.</param>
public readonly record struct SourcePasswordUpdate(string? Password, string? RestorePassword = null);
