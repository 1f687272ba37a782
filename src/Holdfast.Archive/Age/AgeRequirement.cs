using Holdfast.Archive.Age.Headers;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>
/// What it takes to open an age file, told without any key. The header says so, unproven: whoever can write the file
/// can say anything here.
/// </summary>
/// <param name="IsPassphrase">A passphrase opens it.</param>
/// <param name="KeyIds">Ids of the keys that open it; empty for a passphrase, or where another program wrote the file.</param>
public sealed record AgeRequirement(bool IsPassphrase, IReadOnlyList<string> KeyIds)
{
    /// <summary>Reads the header of <paramref name="source"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Truncated"/> or <see cref="ErrorCatalogue.Corrupt"/>.</exception>
    public static async ValueTask<AgeRequirement> ReadAsync(IByteSource source, CancellationToken cancellationToken) =>
        Of(await AgeHeader.ReadAsync(source, cancellationToken));

    /// <summary>In words: <c>a passphrase</c>, <c>key 0123456789abcdef</c>.</summary>
    public override string ToString() =>
        IsPassphrase ? "a passphrase"
        : KeyIds.Count == 0 ? "a key (the file does not say which)"
        : $"key {string.Join(" or ", KeyIds)}";

    internal static AgeRequirement Of(AgeHeader header) => new(header.IsPassphrase, header.KeyIds);
}
