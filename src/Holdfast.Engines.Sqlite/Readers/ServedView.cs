using System.Buffers;
using System.IO.Pipelines;
using Holdfast.Archive.Items;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A view on the reader's side: what it writes is offered item after item, and given as it is asked for.</summary>
/// <param name="accounts">Names of users and groups, which all views share.</param>
internal sealed class ServedView(AccountResolver accounts) : IItemSink, IAsyncDisposable
{
    private const int PipeBytes = 2 << 20;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _requestLock = new(1);
    private SqliteView? _view;
    private Task<IReadOnlyDictionary<string, string>>? _writing;
    private TaskCompletionSource<ReaderReply.Item> _offered = CreateCompletion<ReaderReply.Item>();
    private TaskCompletionSource<bool> _taken = CreateCompletion<bool>();
    private IPageImage? _image;
    private PipeReader? _stream;

    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answer">Takes the reply and the bytes behind it.</param>
    public async Task AnswerAsync(ReaderRequest request, Action<ReaderReply, ReadOnlyMemory<byte>> answer)
    {
        if (request.Command == ReaderCommand.Close)
        {
            await _stop.CancelAsync(); // whatever is under way ends sooner
        }
        await _requestLock.WaitAsync();
        try
        {
            if (request.Command != ReaderCommand.Close)
            {
                _stop.Token.ThrowIfCancellationRequested(); // it came too late
            }
            switch (request.Command)
            {
                case ReaderCommand.Open:
                    answer(new() { Opened = await OpenAsync(request.Open!) }, default);
                    break;
                case ReaderCommand.Write:
                    _writing = Task.Run(() => _view!.WriteAsync(this, _stop.Token));
                    answer(await GetNextItemAsync(), default);
                    break;
                case ReaderCommand.Next:
                    (_image, _stream) = (null, null);
                    var taken = _taken;
                    (_offered, _taken) = (CreateCompletion<ReaderReply.Item>(), CreateCompletion<bool>());
                    taken.SetResult(true);
                    answer(await GetNextItemAsync(), default);
                    break;
                case ReaderCommand.Pages:
                    SendPages(request, answer);
                    break;
                case ReaderCommand.Bytes:
                    await SendBytesAsync(answer);
                    break;
                case ReaderCommand.Close:
                    await DisposeAsync();
                    answer(new(), default);
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
        var taken = _taken.Task;
        _offered.SetResult(new(name, image.PageSize, image.PageCount, image.IsIncompressible, 0));
        await taken.WaitAsync(cancellationToken);
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
        var taken = _taken.Task;
        _offered.SetResult(new(name, 0, 0, false, expectedBytes));
        try
        {
            await produce(pipe.Writer, cancellationToken);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e); // who asks for bytes is told
            throw;
        }

        await taken.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_stream is { } stream)
        {
            await stream.CompleteAsync();
        }
        if (_writing is { } writing)
        {
            await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // who asked was told
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
        await Task.WhenAny(offered, _writing!);
        return offered.IsCompletedSuccessfully ? new() { Offered = await offered } : new() { Fingerprint = new(await _writing!) };
    }

    private void SendPages(ReaderRequest request, Action<ReaderReply, ReadOnlyMemory<byte>> answer)
    {
        var pages = ArrayPool<byte>.Shared.Rent(request.Length);
        try
        {
            _image!.Read(request.FirstPage, pages.AsSpan(0, request.Length));
            answer(new(), pages.AsMemory(0, request.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pages);
        }
    }

    private async Task SendBytesAsync(Action<ReaderReply, ReadOnlyMemory<byte>> answer)
    {
        var read = await _stream!.ReadAsync(_stop.Token);
        while (read.Buffer.IsEmpty && !read.IsCompleted)
        {
            _stream.AdvanceTo(read.Buffer.End);
            read = await _stream.ReadAsync(_stop.Token);
        }

        var given = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ReaderFrames.MaxPayload));
        var bytes = ArrayPool<byte>.Shared.Rent((int)given.Length);
        try
        {
            given.CopyTo(bytes);
            answer(new(), bytes.AsMemory(0, (int)given.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            _stream.AdvanceTo(given.End);
        }
    }
}
