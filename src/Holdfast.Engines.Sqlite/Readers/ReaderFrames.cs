using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// Frames messages on a pipe: the lengths of the JSON and of the payload, four bytes each, then both. Lengths are
/// validated before memory is allocated: a reader that a malicious database has taken over is untrusted, too.
/// </summary>
internal static class ReaderFrames
{
    /// <summary>Maximum length of the payload of a message, in bytes.</summary>
    public const int MaxPayload = 4 << 20;

    private const int HeaderBytes = 8;
    private const int MaxJson = 16 << 20;

    /// <summary>Writes a request. It may contain a key, so its buffers are cleared.</summary>
    public static void Write(Stream stream, ReaderRequest request)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(request, ReaderJson.Default.ReaderRequest);
        var frame = new byte[HeaderBytes + json.Length];
        try
        {
            Frame(stream, frame, json, []);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
            CryptographicOperations.ZeroMemory(frame);
        }
    }

    /// <summary>Writes a reply.</summary>
    public static void Write(Stream stream, ReaderReply reply, ReadOnlySpan<byte> payload)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(reply, ReaderJson.Default.ReaderReply);
        Frame(stream, new byte[HeaderBytes + json.Length], json, payload);
    }

    /// <summary>Reads a request; returns null at the end of the pipe.</summary>
    public static ReaderRequest? ReadRequest(Stream stream)
    {
        if (Read(stream) is not var (json, _))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(json, ReaderJson.Default.ReaderRequest);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    /// <summary>Reads a reply; returns null at the end of the pipe.</summary>
    /// <exception cref="JsonException">The message is not a reply.</exception>
    public static ReaderReply? ReadReply(Stream stream) =>
        Read(stream) is var (json, payload)
            ? (JsonSerializer.Deserialize(json, ReaderJson.Default.ReaderReply) ?? throw new JsonException("No reply.")) with
            {
                Payload = payload,
            }
            : null;

    private static void Frame(Stream stream, byte[] frame, byte[] json, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), payload.Length);
        json.CopyTo(frame, HeaderBytes);
        stream.Write(frame);
        if (payload.Length > 0)
        {
            stream.Write(payload);
        }
        stream.Flush();
    }

    private static (byte[] Json, ArraySegment<byte> Payload)? Read(Stream stream)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
        {
            return null;
        }
        var (length, payloadLength) = (BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadInt32LittleEndian(header[4..]));
        if (length is < 0 or > MaxJson || payloadLength is < 0 or > MaxPayload)
        {
            throw new JsonException("A message exceeds the maximum length.");
        }
        var json = new byte[length];
        if (stream.ReadAtLeast(json, length, throwOnEndOfStream: false) < length)
        {
            return null;
        }
        if (payloadLength == 0)
        {
            return (json, []);
        }
        var payload = new ArraySegment<byte>(ArrayPool<byte>.Shared.Rent(payloadLength), 0, payloadLength);
        return stream.ReadAtLeast(payload, payloadLength, throwOnEndOfStream: false) < payloadLength ? null : (json, payload);
    }
}
