namespace Holdfast.Node.Destinations.Definitions;

/// <summary>What a definition tells about the secrets that are stored for it; never the secrets themselves.</summary>
/// <param name="Names">The settings that have a secret, in ordinal order.</param>
/// <param name="Address">What they were given for: they are sent to no other.</param>
/// <param name="Version">Another one after each change, so that every node connects again.</param>
public sealed record StoredSecrets(IReadOnlyList<string> Names, string Address, string Version)
{
    /// <inheritdoc/>
    public bool Equals(StoredSecrets? other) => other is not null && Version == other.Version && Address == other.Address;

    /// <inheritdoc/>
    public override int GetHashCode() => Version.GetHashCode(StringComparison.Ordinal);
}
