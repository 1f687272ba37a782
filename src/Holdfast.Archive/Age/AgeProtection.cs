using Holdfast.Archive.Age.Headers;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>How an age file is encrypted: to one or more recipients, or with a passphrase. Its text form contains no secrets.</summary>
public sealed record AgeProtection
{
    /// <summary>Maximum number of recipients of one file.</summary>
    public const int MaxRecipients = AgeHeader.MaxStanzas - 1;

    private AgeProtection(IReadOnlyList<AgeRecipient> recipients, string? passphrase)
    {
        Recipients = recipients;
        Passphrase = passphrase;
    }

    /// <summary>The recipients, each of whom can decrypt the file; empty for a passphrase.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; }

    /// <summary>The passphrase; null for recipients.</summary>
    internal string? Passphrase { get; }

    /// <summary>log2 of the scrypt cost. age uses 18: 256 MiB and about a second.</summary>
    internal int WorkFactor { get; init; } = ScryptStanza.DefaultWorkFactor;

    /// <summary>Encrypts to these recipients; duplicates are ignored.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/> if there are none, or more than <see cref="MaxRecipients"/>.
    /// </exception>
    public static AgeProtection ToRecipients(IReadOnlyList<AgeRecipient> recipients)
    {
        AgeRecipient[] distinct = [.. recipients.Distinct()];
        if (distinct.Length == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "No recipient is given.",
                "Give at least one; otherwise nobody could decrypt the file."
            );
        }
        if (distinct.Length > MaxRecipients)
        {
            throw new HoldfastException(ErrorCatalog.Usage, $"{distinct.Length} recipients are given; a file can have {MaxRecipients}.");
        }
        return new(distinct, null);
    }

    /// <summary>Encrypts with <paramref name="passphrase"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it is empty.</exception>
    public static AgeProtection WithPassphrase(string passphrase) =>
        passphrase.Length > 0 ? new([], passphrase) : throw new HoldfastException(ErrorCatalog.Usage, "The passphrase is empty.");

    /// <summary>Encrypts with the key of a database: a raw key is the identity with the same bytes.</summary>
    public static AgeProtection From(DatabaseKey key) =>
        key.Raw is { } raw ? ToRecipients([AgeIdentity.FromBytes(raw).Recipient]) : WithPassphrase(key.Passphrase!);

    /// <inheritdoc/>
    public bool Equals(AgeProtection? other) =>
        other is not null && Passphrase == other.Passphrase && WorkFactor == other.WorkFactor && Recipients.SequenceEqual(other.Recipients);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Passphrase, Recipients.Count, Recipients is [var first, ..] ? first : null);

    /// <summary>Returns the recipients, or the word passphrase.</summary>
    public override string ToString() => Passphrase is null ? string.Join(' ', Recipients) : "passphrase";
}
