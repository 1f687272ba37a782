using System.Security.Cryptography;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Headers;

/// <summary>Finds the key that opens a header, and tells apart the ways in which that can fail.</summary>
internal static class HeaderUnlock
{
    /// <summary>The file key, once the whole header has been authenticated with it, and the key or passphrase that opened it.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.KeyMissing"/>, <see cref="ErrorCatalogue.KeyWrong"/> or <see cref="ErrorCatalogue.Corrupt"/>.
    /// </exception>
    public static (byte[] FileKey, DatabaseKey OpenedWith) Unlock(AgeHeader header, AgeKeys keys, string name)
    {
        var wanted = AgeRequirement.Of(header);
        if (keys.IsEmpty)
        {
            throw new HoldfastException(
                ErrorCatalogue.KeyMissing,
                $"{name} is encrypted and no key was given.",
                $"It opens with {wanted}."
            );
        }
        try
        {
            var (fileKey, openedWith) = (header.IsPassphrase ? WithPassphrase(header, keys) : WithIdentity(header, keys))
                ?? throw CreateNoMatchingKey(wanted, keys, name);
            if (header.IsAuthentic(fileKey))
            {
                return (fileKey, openedWith);
            }
            CryptographicOperations.ZeroMemory(fileKey);
            throw HeaderParser.Corrupt(name, "its checksum is wrong");
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.Refused)
        {
            throw new HoldfastException(e.Error, $"{name} is not opened. {e.Message}", e.Hint, e);
        }
        catch (FormatException e)
        {
            throw HeaderParser.Corrupt(name, e.Message);
        }
    }

    private static (byte[], DatabaseKey)? WithPassphrase(AgeHeader header, AgeKeys keys)
    {
        foreach (var passphrase in keys.Passphrases)
        {
            if (ScryptStanza.TryUnwrap(header.Stanzas[0], passphrase, keys.MaxWorkFactor) is { } fileKey)
            {
                return (fileKey, DatabaseKey.FromPassphrase(passphrase));
            }
        }

        return null;
    }

    private static (byte[], DatabaseKey)? WithIdentity(AgeHeader header, AgeKeys keys)
    {
        foreach (var stanza in header.Stanzas.Where(stanza => stanza.Type == X25519Stanza.Type))
        {
            foreach (var identity in keys.Identities)
            {
                if (X25519Stanza.TryUnwrap(stanza, identity) is { } fileKey)
                {
                    return (fileKey, DatabaseKey.FromRaw(identity.Key.ToArray()));
                }
            }
        }

        return null;
    }

    private static HoldfastException CreateNoMatchingKey(AgeRequirement wanted, AgeKeys keys, string name)
    {
        // A key that the header names must open it; where it does not, the header is at fault and not the key.
        var named = keys.Identities.Select(identity => identity.Recipient.KeyId).FirstOrDefault(wanted.KeyIds.Contains);
        return named is null
            ? new(ErrorCatalogue.KeyWrong, $"{name} does not open with what was given ({keys}).", $"It opens with {wanted}.")
            : HeaderParser.Corrupt(name, $"it names key {named}, which does not open it");
    }
}
