using Holdfast.Archive.Age.Headers;
using Holdfast.Core.Encryption;

namespace Holdfast.Archive.Age;

/// <summary>What age files are read with: any of these keys and passphrases. Its text form shows no secret.</summary>
public sealed class AgeKeys
{
    /// <summary>No key at all.</summary>
    public static readonly AgeKeys None = new([], []);

    /// <summary>
    /// The highest scrypt work factor of an archive that is opened unless more is allowed: that of age itself, 256 MiB
    /// and about a second.
    /// </summary>
    public const int DefaultMaxWorkFactor = 18;

    /// <summary>The highest that can be allowed: 4 GiB.</summary>
    public const int HighestWorkFactor = ScryptStanza.MaxWorkFactor;

    private AgeKeys(IReadOnlyList<AgeIdentity> identities, IReadOnlyList<string> passphrases)
    {
        Identities = identities;
        Passphrases = passphrases;
    }

    /// <summary>The keys.</summary>
    public IReadOnlyList<AgeIdentity> Identities { get; }

    /// <summary>True when there is nothing to read with.</summary>
    public bool IsEmpty => Identities.Count + Passphrases.Count == 0;

    /// <summary>The passphrases; each costs a second to try.</summary>
    public IReadOnlyList<string> Passphrases { get; }

    /// <summary>log2 of the highest cost of a passphrase that is paid; a stranger's file may ask for any. Default 18, at most 22.</summary>
    public int MaxWorkFactor { get; private init; } = DefaultMaxWorkFactor;

    /// <summary>The key of a database: raw bytes are an identity, a passphrase is one.</summary>
    public static AgeKeys From(DatabaseKey key) =>
        key.Raw is { } raw ? None.Add(AgeIdentity.FromBytes(raw)) : None.AddPassphrase(key.Passphrase!);

    /// <summary>These and <paramref name="identity"/>.</summary>
    public AgeKeys Add(AgeIdentity identity) => Concat(new([identity], []));

    /// <summary>These and <paramref name="passphrase"/>.</summary>
    public AgeKeys AddPassphrase(string passphrase) => Concat(new([], [passphrase]));

    /// <summary>These, and whoever wrote the archive is trusted to ask for this much.</summary>
    public AgeKeys WithMaxWorkFactor(int workFactor) => new(Identities, Passphrases) { MaxWorkFactor = workFactor };

    /// <summary>These and <paramref name="other"/>, each once.</summary>
    public AgeKeys Concat(AgeKeys other) =>
        new(
            [.. Identities.Concat(other.Identities).DistinctBy(identity => identity.Recipient)],
            [.. Passphrases.Concat(other.Passphrases).Distinct(StringComparer.Ordinal)]
        )
        {
            MaxWorkFactor = Math.Max(MaxWorkFactor, other.MaxWorkFactor),
        };

    /// <summary>Key ids and the number of passphrases.</summary>
    public override string ToString() =>
        IsEmpty
            ? "no key"
            : string.Join(
                ", ",
                Identities.Select(identity => $"key {identity.Recipient.KeyId}").Concat(Passphrases.Select(_ => "a passphrase"))
            );
}
