using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// A view of an SQLite database that a reader process has open. Replies of the process are validated, because a
/// malicious database may have taken it over.
/// </summary>
internal sealed class RemoteView : IHeldView
{
    private readonly ReaderJob _job;
    private readonly ReaderReply.View _opened;

    private RemoteView(ReaderJob job, ReaderReply.View opened) => (_job, _opened) = (job, opened);

    /// <inheritdoc/>
    public SourceInfo? Source { get; set; }

    /// <inheritdoc/>
    public BackupType Type => _opened.Type;

    /// <inheritdoc/>
    public string? TypeReason => _opened.TypeReason;

    /// <inheritdoc/>
    public bool IsEncrypted => _opened.IsEncrypted;

    /// <inheritdoc/>
    public string EngineVersion => SqliteEngine.LibraryVersion;

    /// <inheritdoc/>
    public string? ChangeToken => _opened.ChangeToken;

    /// <inheritdoc/>
    public long ExpectedBytes => _opened.ExpectedBytes;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _opened.Warnings;

    /// <inheritdoc/>
    public FilePermissions? File => _opened.File;

    /// <summary>Opens a database in a reader process.</summary>
    /// <exception cref="HoldfastException">
    /// As for <see cref="IDatabaseSource.OpenViewAsync"/>, or the process has exited.
    /// </exception>
    public static async Task<RemoteView> OpenAsync(
        ReaderPool readers,
        string path,
        SqliteSourceConfig config,
        DiscoveredDatabase database,
        ViewRequest request,
        CancellationToken cancellationToken
    )
    {
        var job = await readers.BeginAsync(path, cancellationToken);
        try
        {
            var opening = new ReaderRequest.Opening(
                config,
                database,
                request.Type,
                request.Instead,
                request.Key?.Raw,
                request.Key?.Passphrase
            );
            var reply = await job.CallAsync(new() { Command = ReaderCommand.Open, Open = opening }, cancellationToken);
            return new(job, reply.Opened is { ExpectedBytes: >= 0, Warnings: not null } opened ? opened : throw InvalidReply(job, "view"));
        }
        catch
        {
            await job.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates the error for a malformed reply of the process.</summary>
    public static HoldfastException InvalidReply(ReaderJob job, string what) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"The process that reads '{job.Path}' sent an invalid {what}.",
            "Check the file with: sqlite3 FILE 'PRAGMA integrity_check'"
        );

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
    {
        for (
            var reply = await _job.CallAsync(new() { Command = ReaderCommand.Write }, cancellationToken);
            ;
            reply = await _job.CallAsync(new() { Command = ReaderCommand.Next }, cancellationToken)
        )
        {
            if (reply.Offered is not { } item)
            {
                return reply.Fingerprint ?? throw InvalidReply(_job, "fingerprint");
            }
            if (item.PageSize == 0)
            {
                await sink.WriteStreamAsync(item.Name, item.ExpectedBytes, CopyAsync, cancellationToken);
            }
            else if (item is { PageSize: >= 512 and <= 65536, PageCount: >= 0 } && BitOperations.IsPow2(item.PageSize))
            {
                await sink.WriteImageAsync(item.Name, new RemoteImage(_job, item, cancellationToken), cancellationToken);
            }
            else
            {
                throw InvalidReply(_job, "item");
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _job.DisposeAsync();

    private async Task CopyAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reply = await _job.CallAsync(new() { Command = ReaderCommand.Bytes }, cancellationToken);
            if (reply.Payload.Count == 0)
            {
                return;
            }
            output.Write(reply.Payload);
            reply.Release();
            await output.FlushAsync(cancellationToken);
        }
    }
}
