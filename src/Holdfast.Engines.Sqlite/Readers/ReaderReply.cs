using System.Buffers;
using System.Text.Json.Serialization;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A reply of a reader process.</summary>
internal sealed record ReaderReply
{
    /// <summary>Number of the request.</summary>
    public long Id { get; init; }

    /// <summary>Build of the program; only in the first message, which is not a reply.</summary>
    public Guid Build { get; init; }

    /// <summary>The failure; null if the request succeeded.</summary>
    public FailureInfo? Failure { get; init; }

    /// <summary>The view that was opened.</summary>
    public View? Opened { get; init; }

    /// <summary>The next item; null if there is none.</summary>
    public Item? Offered { get; init; }

    /// <summary>The fingerprint, after the last item.</summary>
    public Dictionary<string, string>? Fingerprint { get; init; }

    /// <summary>The payload, in a rented array. An empty payload means the end of the stream.</summary>
    [JsonIgnore]
    public ArraySegment<byte> Payload { get; init; } = [];

    /// <summary>Returns the rented array. Must be called only once.</summary>
    public void Release()
    {
        if (Payload.Count > 0)
        {
            ArrayPool<byte>.Shared.Return(Payload.Array!);
        }
    }

    /// <summary>A failure.</summary>
    internal sealed record FailureInfo(string Code, string Message, string? Hint)
    {
        /// <summary>Creates the failure of an exception.</summary>
        public static FailureInfo FromException(Exception e) =>
            e is HoldfastException known
                ? new(known.Error.Code, known.Message, known.Hint)
                : new(ErrorCatalog.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", null);

        /// <summary>Converts the failure to an exception.</summary>
        public HoldfastException ToException() => new(ErrorCatalog.Find(Code), Message, Hint);
    }

    /// <summary>Properties of a view.</summary>
    internal sealed record View(
        BackupType Type,
        string? TypeReason,
        bool IsEncrypted,
        string? ChangeToken,
        long ExpectedBytes,
        IReadOnlyList<string> Warnings,
        FilePermissions? File
    );

    /// <summary>An item: an image, or a stream if the page size is 0.</summary>
    internal sealed record Item(string Name, int PageSize, long PageCount, bool IsIncompressible, long ExpectedBytes);
}
