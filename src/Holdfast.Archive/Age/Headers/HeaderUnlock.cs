using System.Security.Cryptography;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age.Headers;

/// <summary>Finds the key that opens a header, and distinguishes the ways in which that can fail.</summary>
internal static class HeaderUnlock
{
    /// <summary>Returns the file key, after authenticating the header with it, and the key or passphrase that opened it.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.KeyMissing"/>, <see cref="ErrorCatalog.KeyWrong"/> or <see cref="ErrorCatalog.Corrupt"/>.
    /// </exception>
    public static (byte[] FileKey, DatabaseKey OpenedWith) Unlock(AgeHeader header, AgeKeys keys, string name)
    {
        var requirement = AgeRequirement.Of(header);
        if (keys.IsEmpty)
        {
            throw new HoldfastException(
                ErrorCatalog.KeyMissing,
                $"{name} is encrypted and no key was given.",
                $"It requires {requirement}."
            );
        }
        try
        {
            var (fileKey, openedWith) = (header.IsPassphrase ? WithPassphrase(header, keys) : WithIdentity(header, keys))
                ?? throw CreateNoMatchingKey(requirement, keys, name);
            if (header.IsAuthentic(fileKey))
            {
                return (fileKey, openedWith);
            }
            CryptographicOperations.ZeroMemory(fileKey);
            throw HeaderParser.Corrupt(name, "its checksum is wrong");
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Refused)
        {
            throw new HoldfastException(e.Error, $"{name} cannot be opened. {e.Message}", e.Hint, e);
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

    private static HoldfastException CreateNoMatchingKey(AgeRequirement requirement, AgeKeys keys, string name)
    {
        // A key that the header names must open it; otherwise the header is damaged, not the key wrong.
        var named = keys.Identities.Select(identity => identity.Recipient.KeyId).FirstOrDefault(requirement.KeyIds.Contains);
        return named is null
            ? new(ErrorCatalog.KeyWrong, $"None of the given keys ({keys}) opens {name}.", $"It requires {requirement}.")
            : HeaderParser.Corrupt(name, $"it names key {named}, which does not open it");
    }
}
