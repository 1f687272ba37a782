using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// Messages on a pipe: the length of the JSON and of the bytes behind it, four bytes each, then both. What the other
/// side claims is bounded before room is
/// made for it: a reader that a database has taken over is a stranger too.
/// </summary>
internal static class ReaderFrames
{
    /// <summary>Most bytes behind one message.</summary>
    public const int MaxPayload = 4 << 20;

    private const int HeadBytes = 8;
    private const int MaxJson = 16 << 20;

    /// <summary>Writes a request. It may hold a key, so nothing of it stays in memory.</summary>
    public static void Write(Stream stream, ReaderRequest request)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(request, ReaderJson.Default.ReaderRequest);
        var frame = new byte[HeadBytes + json.Length];
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
        Frame(stream, new byte[HeadBytes + json.Length], json, payload);
    }

    /// <summary>Reads a request; null where the pipe has ended.</summary>
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

    /// <summary>Reads a reply; null where the pipe has ended.</summary>
    /// <exception cref="JsonException">It is none.</exception>
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
        json.CopyTo(frame, HeadBytes);
        stream.Write(frame);
        if (payload.Length > 0)
        {
            stream.Write(payload);
        }
        stream.Flush();
    }

    private static (byte[] Json, ArraySegment<byte> Payload)? Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes)
        {
            return null;
        }
        var (length, more) = (BinaryPrimitives.ReadInt32LittleEndian(head), BinaryPrimitives.ReadInt32LittleEndian(head[4..]));
        if (length is < 0 or > MaxJson || more is < 0 or > MaxPayload)
        {
            throw new JsonException("A message is longer than any.");
        }
        var json = new byte[length];
        if (stream.ReadAtLeast(json, length, throwOnEndOfStream: false) < length)
        {
            return null;
        }
        if (more == 0)
        {
            return (json, []);
        }
        var payload = new ArraySegment<byte>(ArrayPool<byte>.Shared.Rent(more), 0, more);
        return stream.ReadAtLeast(payload, more, throwOnEndOfStream: false) < more ? null : (json, payload);
    }
}
