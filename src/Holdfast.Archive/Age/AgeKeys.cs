using Holdfast.Archive.Age.Headers;
using Holdfast.Core.Encryption;

namespace Holdfast.Archive.Age;

/// <summary>The keys and passphrases that age files are decrypted with. Its text form contains no secrets.</summary>
public sealed class AgeKeys
{
    /// <summary>No keys.</summary>
    public static readonly AgeKeys None = new([], []);

    /// <summary>Default maximum scrypt work factor of files to open: that of age itself, 256 MiB and about a second.</summary>
    public const int DefaultMaxWorkFactor = 18;

    /// <summary>The highest work factor that can be allowed: 4 GiB.</summary>
    public const int HighestWorkFactor = ScryptStanza.MaxWorkFactor;

    private AgeKeys(IReadOnlyList<AgeIdentity> identities, IReadOnlyList<string> passphrases)
    {
        Identities = identities;
        Passphrases = passphrases;
    }

    /// <summary>The keys.</summary>
    public IReadOnlyList<AgeIdentity> Identities { get; }

    /// <summary>Whether there are no keys and no passphrases.</summary>
    public bool IsEmpty => Identities.Count + Passphrases.Count == 0;

    /// <summary>The passphrases; each takes about a second to try.</summary>
    public IReadOnlyList<string> Passphrases { get; }

    /// <summary>
    /// log2 of the maximum scrypt cost to accept, because an untrusted file may request any cost. Default 18, at most 22.
    /// </summary>
    public int MaxWorkFactor { get; private init; } = DefaultMaxWorkFactor;

    /// <summary>Creates keys from a database key: raw bytes are an identity, a passphrase is a passphrase.</summary>
    public static AgeKeys From(DatabaseKey key) =>
        key.Raw is { } raw ? None.Add(AgeIdentity.FromBytes(raw)) : None.AddPassphrase(key.Passphrase!);

    /// <summary>Returns these keys and <paramref name="identity"/>.</summary>
    public AgeKeys Add(AgeIdentity identity) => Concat(new([identity], []));

    /// <summary>Returns these keys and <paramref name="passphrase"/>.</summary>
    public AgeKeys AddPassphrase(string passphrase) => Concat(new([], [passphrase]));

    /// <summary>Returns these keys with another maximum work factor, for archives whose author is trusted.</summary>
    public AgeKeys WithMaxWorkFactor(int workFactor) => new(Identities, Passphrases) { MaxWorkFactor = workFactor };

    /// <summary>Returns the union of these keys and <paramref name="other"/>.</summary>
    public AgeKeys Concat(AgeKeys other) =>
        new(
            [.. Identities.Concat(other.Identities).DistinctBy(identity => identity.Recipient)],
            [.. Passphrases.Concat(other.Passphrases).Distinct(StringComparer.Ordinal)]
        )
        {
            MaxWorkFactor = Math.Max(MaxWorkFactor, other.MaxWorkFactor),
        };

    /// <summary>Returns the key ids and the number of passphrases.</summary>
    public override string ToString() =>
        IsEmpty
            ? "no key"
            : string.Join(
                ", ",
                Identities.Select(identity => $"key {identity.Recipient.KeyId}").Concat(Passphrases.Select(_ => "a passphrase"))
            );
}
