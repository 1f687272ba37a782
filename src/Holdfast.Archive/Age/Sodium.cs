using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>The two primitives of age that .NET lacks, X25519 and scrypt, from libsodium.</summary>
internal static partial class Sodium
{
    /// <summary>Size of an X25519 point or scalar, in bytes.</summary>
    public const int PointSize = 32;

    private const string Library = "libsodium";

    // Selects the fastest implementation for this CPU; idempotent.
    static Sodium() => _ = sodium_init() >= 0 ? 0 : throw new CryptographicException("libsodium cannot be initialized.");

    /// <summary>Computes the public key of <paramref name="secret"/>.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> secret)
    {
        var point = new byte[PointSize];
        if (secret.Length != PointSize || crypto_scalarmult_curve25519_base(point, secret) != 0)
        {
            throw new CryptographicException("X25519 failed.");
        }
        return point;
    }

    /// <summary>Computes the shared secret; false if it is all zeros, as for a low-order point.</summary>
    public static bool TryShare(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> point, Span<byte> shared)
    {
        if (secret.Length != PointSize || point.Length != PointSize || shared.Length != PointSize)
        {
            throw new CryptographicException("X25519 requires 32 bytes.");
        }
        return crypto_scalarmult_curve25519(shared, secret, point) == 0 && shared.ContainsAnyExcept((byte)0);
    }

    /// <summary>Derives a key with scrypt, r = 8 and p = 1.</summary>
    public static void Scrypt(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, int workFactor, Span<byte> key)
    {
        var (length, saltLength, keyLength) = ((nuint)passphrase.Length, (nuint)salt.Length, (nuint)key.Length);
        if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase, length, salt, saltLength, 1UL << workFactor, 8, 1, key, keyLength) != 0)
        {
            throw new HoldfastException(
                ErrorCatalog.Refused,
                $"A passphrase with work factor {workFactor} takes {1L << workFactor} KiB of memory, which could not be allocated."
            );
        }
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial int crypto_scalarmult_curve25519(Span<byte> shared, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> point);

    [LibraryImport(Library)]
    private static partial int crypto_scalarmult_curve25519_base(Span<byte> point, ReadOnlySpan<byte> secret);

    [LibraryImport(Library)]
    private static partial int crypto_pwhash_scryptsalsa208sha256_ll(
        ReadOnlySpan<byte> passphrase,
        nuint passphraseLength,
        ReadOnlySpan<byte> salt,
        nuint saltLength,
        ulong n,
        uint r,
        uint p,
        Span<byte> key,
        nuint keyLength
    );
}
