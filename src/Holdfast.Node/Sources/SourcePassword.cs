namespace Holdfast.Node.Sources;

/// <summary>A stored password of a source, bound to the address that it was given for: it is never sent to another one.</summary>
/// <param name="Address">The address, as in the definition.</param>
/// <param name="Password">The password.</param>
internal sealed record SourcePassword(string Address, string Password);
