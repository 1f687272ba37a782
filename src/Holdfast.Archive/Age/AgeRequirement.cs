using Holdfast.Archive.Age.Headers;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>
/// What an age file requires to be opened, as stated by its header. Not authenticated: anyone who can write the file can state anything.
/// </summary>
/// <param name="IsPassphrase">Whether a passphrase opens it.</param>
/// <param name="KeyIds">Ids of the keys that open it; empty for a passphrase, or if another program wrote the file.</param>
public sealed record AgeRequirement(bool IsPassphrase, IReadOnlyList<string> KeyIds)
{
    /// <summary>Reads the header of <paramref name="source"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Truncated"/> or <see cref="ErrorCatalog.Corrupt"/>.</exception>
    public static async ValueTask<AgeRequirement> ReadAsync(IByteSource source, CancellationToken cancellationToken) =>
        Of(await AgeHeader.ReadAsync(source, cancellationToken));

    /// <summary>Returns a description: <c>a passphrase</c>, <c>key 0123456789abcdef</c>.</summary>
    public override string ToString() =>
        IsPassphrase ? "a passphrase"
        : KeyIds.Count == 0 ? "a key (the file does not state which)"
        : $"key {string.Join(" or ", KeyIds)}";

    internal static AgeRequirement Of(AgeHeader header) => new(header.IsPassphrase, header.KeyIds);
}
