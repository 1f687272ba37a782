using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// Encrypts what one queue keeps in the spool, with a key that exists in memory only: whether the archive is encrypted or not, the spool
/// shows nothing of it, and a change of its file is noticed. One caller seals while another opens.
/// </summary>
internal sealed class SpoolCipher : IDisposable
{
    /// <summary>How much longer a block is in the spool, in bytes.</summary>
    public const int TagBytes = 16;

    private readonly AesGcm _sealing;
    private readonly AesGcm _opening;
    private readonly byte[] _sealed = new byte[OutputBlock.MaxBytes + TagBytes];
    private readonly byte[] _stored = new byte[OutputBlock.MaxBytes + TagBytes];
    private readonly byte[] _plain = new byte[OutputBlock.MaxBytes];

    /// <summary>Creates a key.</summary>
    public SpoolCipher()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        (_sealing, _opening) = (new(key, TagBytes), new(key, TagBytes));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Encrypts a block. Each pair of segment and offset may be used once.</summary>
    /// <returns>The bytes to store, valid until the next call.</returns>
    public ReadOnlyMemory<byte> Seal(int segment, long offset, ReadOnlySpan<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, segment, offset);
        _sealing.Encrypt(nonce, plain, _sealed.AsSpan(0, plain.Length), _sealed.AsSpan(plain.Length, TagBytes));
        return _sealed.AsMemory(0, plain.Length + TagBytes);
    }

    /// <summary>Where the stored bytes of a block of this length are to be read to before <see cref="Open"/>.</summary>
    public Memory<byte> StoredBuffer(int length) => _stored.AsMemory(0, length + TagBytes);

    /// <summary>Decrypts the block in <see cref="StoredBuffer"/>.</summary>
    /// <returns>Its bytes, valid until the next call.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if they were changed.</exception>
    public ReadOnlyMemory<byte> Open(int segment, long offset, int length)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, segment, offset);
        try
        {
            _opening.Decrypt(nonce, _stored.AsSpan(0, length), _stored.AsSpan(length, TagBytes), _plain.AsSpan(0, length));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw SpoolSegment.Damaged(e);
        }
        return _plain.AsMemory(0, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealing.Dispose();
        _opening.Dispose();
    }

    private static void WriteNonce(Span<byte> nonce, int segment, long offset)
    {
        BinaryPrimitives.WriteInt32LittleEndian(nonce, segment);
        BinaryPrimitives.WriteInt64LittleEndian(nonce[4..], offset);
    }
}
