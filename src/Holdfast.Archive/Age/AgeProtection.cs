using Holdfast.Archive.Age.Headers;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>What an age file is written for: one recipient or more, or a passphrase. Its text form shows no secret.</summary>
public sealed record AgeProtection
{
    /// <summary>Most recipients of one file.</summary>
    public const int MaxRecipients = AgeHeader.MaxStanzas - 1;

    private AgeProtection(IReadOnlyList<AgeRecipient> recipients, string? passphrase)
    {
        Recipients = recipients;
        Passphrase = passphrase;
    }

    /// <summary>Each of them can read the file; empty where a passphrase opens it.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; }

    /// <summary>The passphrase; null where recipients are given.</summary>
    internal string? Passphrase { get; }

    /// <summary>log2 of scrypt's cost. 18 is age's own choice: 256 MiB and about a second.</summary>
    internal int WorkFactor { get; init; } = ScryptStanza.DefaultWorkFactor;

    /// <summary>Written for these; one that is named twice counts once.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Usage"/> when there are none or more than <see cref="MaxRecipients"/>.
    /// </exception>
    public static AgeProtection ToRecipients(IReadOnlyList<AgeRecipient> recipients)
    {
        AgeRecipient[] distinct = [.. recipients.Distinct()];
        if (distinct.Length == 0)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "No recipient is given.",
                "Give at least one, or no encryption could ever be undone."
            );
        }
        if (distinct.Length > MaxRecipients)
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"{distinct.Length} recipients are given; a file takes {MaxRecipients}.");
        }
        return new(distinct, null);
    }

    /// <summary>Written for whoever knows <paramref name="passphrase"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> when it is empty.</exception>
    public static AgeProtection WithPassphrase(string passphrase) =>
        passphrase.Length > 0 ? new([], passphrase) : throw new HoldfastException(ErrorCatalogue.Usage, "The passphrase is empty.");

    /// <summary>Written for the key of a database: a raw key is the identity of the same bytes.</summary>
    public static AgeProtection From(DatabaseKey key) =>
        key.Raw is { } raw ? ToRecipients([AgeIdentity.FromBytes(raw).Recipient]) : WithPassphrase(key.Passphrase!);

    /// <inheritdoc/>
    public bool Equals(AgeProtection? other) =>
        other is not null && Passphrase == other.Passphrase && WorkFactor == other.WorkFactor && Recipients.SequenceEqual(other.Recipients);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Passphrase, Recipients.Count, Recipients is [var first, ..] ? first : null);

    /// <summary>The recipients, or the word passphrase.</summary>
    public override string ToString() => Passphrase is null ? string.Join(' ', Recipients) : "passphrase";
}
