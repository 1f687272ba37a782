using System.Text.Json;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Audit;

/// <summary>
/// The audit log: a file of JSON lines that is only appended to, kept forever, and readable only by its owner. An entry
/// is on disk when <see cref="WriteAsync(AuditEntry, CancellationToken)"/> returns. It contains names, ids and results,
/// but no secrets.
/// </summary>
public sealed class AuditLog : IAsyncDisposable
{
    private const int MaxText = 512;
    private const int BlockBytes = 64 << 10;
    private const long MaxSearchedBytes = 8 << 20;

    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);

    private AuditLog(FileStream file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Opens the log, or creates it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public static AuditLog Open(string path, TimeProvider time)
    {
        try
        {
            var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.Read,
                    BufferSize = 0,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            TerminateLastLine(file);
            FolderFlush.FlushParent(path); // it may have just been created
            return new(file, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(path, e);
        }
    }

    /// <summary>Appends an entry for the caller of a request, with the current time.</summary>
    /// <param name="context">The request.</param>
    /// <param name="action">The action.</param>
    /// <param name="subject">Names and ids of what the action was applied to; never contents or secrets.</param>
    /// <param name="result">The result.</param>
    public Task WriteAsync(HttpContext context, string action, string? subject, string result) =>
        WriteAsync(
            new(_time.GetUtcNow(), context.User.Caller()?.Display, context.Connection.RemoteIpAddress?.ToString(), action, subject, result),
            CancellationToken.None
        );

    /// <summary>Appends an entry, which is on disk when this returns.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/> or <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    public async Task WriteAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(
            entry with
            {
                Action = Truncate(entry.Action)!,
                Subject = Truncate(entry.Subject),
            },
            ApiJson.Options
        );
        await _gate.WaitAsync(cancellationToken);
        var end = _file.Length;
        try
        {
            _file.Position = end;
            await _file.WriteAsync((byte[])[.. line, (byte)'\n'], CancellationToken.None);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            // Removes a partial line, which would corrupt the next entry.
            try
            {
                _file.SetLength(end);
            }
            catch (IOException)
            {
                // The next start completes the line.
            }

            throw Unavailable(_file.Name, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads a page of entries, newest first.</summary>
    /// <param name="after"><see cref="Page{T}.Next"/> of the previous page; null for the first.</param>
    /// <param name="limit">Maximum number of entries, 1 to 1000.</param>
    /// <param name="search">
    /// Only entries that contain this text, ignoring case; null for all. A page then ends after some megabytes of the
    /// log, with the entries found so far.
    /// </param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if <paramref name="after"/> is not such a value.</exception>
    public async Task<Page<AuditEntry>> ReadAsync(string? after, int limit, string? search, CancellationToken cancellationToken)
    {
        var end = _file.Length;
        if (after is not null)
        {
            end =
                long.TryParse(after, out var at) && at >= 0 && at <= end
                    ? at
                    : throw new HoldfastException(
                        ErrorCatalog.Usage,
                        "'after' is not a position in the audit log.",
                        "Pass 'next' of the previous page."
                    );
        }
        var entries = new List<AuditEntry>();
        var least = end - MaxSearchedBytes;
        while (entries.Count < limit && end > 0 && end > least)
        {
            var start = Math.Max(0, end - BlockBytes);
            var block = await ReadAsync(start, (int)(end - start), cancellationToken);
            var rest = block.Length;
            while (entries.Count < limit && rest > 0)
            {
                var head = block.AsSpan(0, rest - 1).LastIndexOf((byte)'\n') + 1;
                if (head == 0 && start > 0)
                {
                    break; // the line begins before this block
                }
                if (TryParse(block.AsSpan(head..rest)) is { } entry && Matches(entry, search))
                {
                    entries.Add(entry);
                }
                rest = head;
            }

            end = rest == block.Length ? start : start + rest; // no line is as long as a block
        }

        return new(entries, end > 0 ? end.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _gate.Dispose();
    }

    private async Task<byte[]> ReadAsync(long start, int length, CancellationToken cancellationToken)
    {
        var block = new byte[length];
        for (var got = 0; got < length; )
        {
            var read = await RandomAccess.ReadAsync(_file.SafeFileHandle, block.AsMemory(got), start + got, cancellationToken);
            got += read > 0 ? read : throw Unavailable(_file.Name, new EndOfStreamException());
        }

        return block;
    }

    private static AuditEntry? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEntry>(line, ApiJson.Options);
        }
        catch (JsonException)
        {
            return null; // truncated by a crash before it was acknowledged
        }
    }

    private static void TerminateLastLine(FileStream file)
    {
        if (file.Length == 0)
        {
            return;
        }
        file.Position = file.Length - 1;
        if (file.ReadByte() != '\n')
        {
            file.Write("\n"u8);
        }
    }

    private static string? Truncate(string? text) => text?.Length > MaxText ? string.Concat(text.AsSpan(0, MaxText), "…") : text;

    private static HoldfastException Unavailable(string path, Exception e) =>
        new(
            ErrorCatalog.StateUnavailable,
            $"The audit log '{path}' cannot be used: {e.Message}",
            "Check that its disk has free space and that the file belongs to this user.",
            e
        );

    // Whether any field contains the text, ignoring case. Every entry contains an empty text.
    private static bool Matches(AuditEntry entry, string? text) =>
        string.IsNullOrEmpty(text)
        || ((string?[])[entry.Who, entry.From, entry.Action, entry.Subject, entry.Result]).Any(part =>
            part?.Contains(text, StringComparison.OrdinalIgnoreCase) == true
        );
}
