using System.Buffers;
using System.IO.Pipelines;
using Holdfast.Archive.Items;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// A view on the reader's side: it offers the items one after the other, and sends their contents on request. Requests
/// of a job are served one at a time, under the request lock; only Close cancels the request that holds it. The writing
/// task runs beside them and waits for the item to be taken.
/// </summary>
/// <param name="accounts">Names of users and groups, shared by all views.</param>
internal sealed class ServedView(AccountResolver accounts) : IItemSink, IAsyncDisposable
{
    private const int PipeBytes = 2 << 20;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _requestLock = new(1);
    private SqliteView? _view;
    private Task<IReadOnlyDictionary<string, string>>? _writeTask;
    private TaskCompletionSource<ReaderReply.Item> _offered = CreateCompletion<ReaderReply.Item>();
    private TaskCompletionSource<bool> _consumed = CreateCompletion<bool>();
    private IPageImage? _image;
    private PipeReader? _stream;

    /// <summary>Serves one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reply">Sends the reply and its payload.</param>
    public async Task AnswerAsync(ReaderRequest request, Action<ReaderReply, ReadOnlyMemory<byte>> reply)
    {
        if (request.Command == ReaderCommand.Close)
        {
            await _stop.CancelAsync(); // cancels whatever is in progress
        }
        await _requestLock.WaitAsync();
        try
        {
            if (request.Command != ReaderCommand.Close)
            {
                _stop.Token.ThrowIfCancellationRequested(); // the job was closed before this request
            }
            switch (request.Command)
            {
                case ReaderCommand.Open:
                    reply(new() { Opened = await OpenAsync(request.Open!) }, default);
                    break;
                case ReaderCommand.Write:
                    _writeTask = Task.Run(() => _view!.WriteAsync(this, _stop.Token));
                    reply(await GetNextItemAsync(), default);
                    break;
                case ReaderCommand.Next:
                    (_image, _stream) = (null, null);
                    var consumed = _consumed;
                    (_offered, _consumed) = (CreateCompletion<ReaderReply.Item>(), CreateCompletion<bool>());
                    consumed.SetResult(true);
                    reply(await GetNextItemAsync(), default);
                    break;
                case ReaderCommand.Pages:
                    SendPages(request, reply);
                    break;
                case ReaderCommand.Bytes:
                    await SendBytesAsync(reply);
                    break;
                case ReaderCommand.Close:
                    await DisposeAsync();
                    reply(new(), default);
                    break;
                default:
                    throw new InvalidOperationException($"{request.Command} is not known.");
            }
        }
        finally
        {
            _requestLock.Release();
        }
    }

    /// <inheritdoc/>
    public async Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken)
    {
        _image = image;
        var consumed = _consumed.Task;
        _offered.SetResult(new(name, image.PageSize, image.PageCount, image.IsIncompressible, 0));
        await consumed.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        var pipe = new Pipe(
            new(
                pauseWriterThreshold: PipeBytes,
                resumeWriterThreshold: PipeBytes / 2,
                minimumSegmentSize: 64 << 10,
                useSynchronizationContext: false
            )
        );
        _stream = pipe.Reader;
        var consumed = _consumed.Task;
        _offered.SetResult(new(name, 0, 0, false, expectedBytes));
        try
        {
            await produce(pipe.Writer, cancellationToken);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e); // the next request for bytes gets the failure
            throw;
        }

        await consumed.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_stream is { } stream)
        {
            await stream.CompleteAsync();
        }
        if (_writeTask is { } writeTask)
        {
            // the failure has already been sent as a reply
            await ((Task)writeTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_view is { } view)
        {
            await view.DisposeAsync();
        }
        _view = null;
    }

    private static TaskCompletionSource<T> CreateCompletion<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<ReaderReply.View> OpenAsync(ReaderRequest.Opening opening)
    {
        var source = new SqliteSource(opening.Source, TimeProvider.System, ScriptFormat.Default, new(), accounts: accounts);
        _view = await source.OpenAsync(opening.Database, opening.ToRequest(), _stop.Token);
        return new(_view.Type, _view.TypeReason, _view.IsEncrypted, _view.ChangeToken, _view.ExpectedBytes, _view.Warnings, _view.File);
    }

    private async Task<ReaderReply> GetNextItemAsync()
    {
        var offered = _offered.Task;
        await Task.WhenAny(offered, _writeTask!);
        return offered.IsCompletedSuccessfully ? new() { Offered = await offered } : new() { Fingerprint = new(await _writeTask!) };
    }

    private void SendPages(ReaderRequest request, Action<ReaderReply, ReadOnlyMemory<byte>> reply)
    {
        var pages = ArrayPool<byte>.Shared.Rent(request.Length);
        try
        {
            _image!.Read(request.FirstPage, pages.AsSpan(0, request.Length));
            reply(new(), pages.AsMemory(0, request.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pages);
        }
    }

    private async Task SendBytesAsync(Action<ReaderReply, ReadOnlyMemory<byte>> reply)
    {
        var read = await _stream!.ReadAsync(_stop.Token);
        while (read.Buffer.IsEmpty && !read.IsCompleted)
        {
            _stream.AdvanceTo(read.Buffer.End);
            read = await _stream.ReadAsync(_stop.Token);
        }

        var slice = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ReaderFrames.MaxPayload));
        var bytes = ArrayPool<byte>.Shared.Rent((int)slice.Length);
        try
        {
            slice.CopyTo(bytes);
            reply(new(), bytes.AsMemory(0, (int)slice.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            _stream.AdvanceTo(slice.End);
        }
    }
}
