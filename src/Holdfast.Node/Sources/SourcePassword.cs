namespace Holdfast.Node.Sources;

/// <summary>
/// The password of a source as it is kept, sealed: with the address that it was given for, so that it is sent to no
/// other.
/// </summary>
/// <param name="Address">The address, as the definition has it.</param>
/// <param name="Password">The password.</param>
internal sealed record SourcePassword(string Address, string Password);
