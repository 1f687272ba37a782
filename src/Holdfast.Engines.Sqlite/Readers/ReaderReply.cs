using System.Buffers;
using System.Text.Json.Serialization;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>One reply of a reader process.</summary>
internal sealed record ReaderReply
{
    /// <summary>Number of the request.</summary>
    public long Id { get; init; }

    /// <summary>Which build of the program this is; in the first frame only, which answers nothing.</summary>
    public Guid Build { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public FailureInfo? Failure { get; init; }

    /// <summary>The view that was opened.</summary>
    public View? Opened { get; init; }

    /// <summary>The item that is offered; null where there is none left.</summary>
    public Item? Offered { get; init; }

    /// <summary>The fingerprint, where no item is left.</summary>
    public Dictionary<string, string>? Fingerprint { get; init; }

    /// <summary>Bytes behind the reply: those that were asked for, in a rented array. A stream has ended where there are none.</summary>
    [JsonIgnore]
    public ArraySegment<byte> Payload { get; init; } = [];

    /// <summary>Gives the array back, once.</summary>
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
        /// <summary>The failure of an exception.</summary>
        public static FailureInfo FromException(Exception e) =>
            e is HoldfastException known
                ? new(known.Error.Code, known.Message, known.Hint)
                : new(ErrorCatalogue.Unexpected.Code, $"{e.GetType().Name}: {e.Message}", null);

        /// <summary>The same as an exception.</summary>
        public HoldfastException ToException() => new(ErrorCatalogue.Find(Code), Message, Hint);
    }

    /// <summary>What is told of a view.</summary>
    internal sealed record View(
        BackupType Type,
        string? TypeReason,
        bool IsEncrypted,
        string? ChangeToken,
        long ExpectedBytes,
        IReadOnlyList<string> Warnings,
        FilePermissions? File
    );

    /// <summary>An item: an image, or a stream where the page size is 0.</summary>
    internal sealed record Item(string Name, int PageSize, long PageCount, bool IsIncompressible, long ExpectedBytes);
}
