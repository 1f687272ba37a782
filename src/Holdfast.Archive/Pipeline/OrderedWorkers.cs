using System.Threading.Channels;

namespace Holdfast.Archive.Pipeline;

/// <summary>
/// Runs a function on several inputs in parallel and passes the results on in the order of the inputs. Hashing, compressing, sealing and
/// reading are all stages of it. At most <c>window</c> inputs are in flight, which bounds memory.
/// </summary>
internal sealed class OrderedWorkers<TIn, TOut> : IAsyncDisposable
{
    private readonly Func<TIn, Task<TOut>> _work;
    private readonly Channel<Task<TOut>> _results;
    private readonly Task _output;
    private readonly CancellationTokenSource _stop;

    /// <param name="window">Maximum number of inputs in flight, at least 1.</param>
    /// <param name="work">Runs on the thread pool, concurrently.</param>
    /// <param name="output">Called with one result at a time, in order.</param>
    /// <param name="cancellationToken">Cancels the stage.</param>
    public OrderedWorkers(
        int window,
        Func<TIn, TOut> work,
        Func<TOut, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
        : this(window, input => Task.FromResult(work(input)), output, cancellationToken) { }

    /// <inheritdoc cref="OrderedWorkers{TIn, TOut}(int, Func{TIn, TOut}, Func{TOut, CancellationToken, ValueTask}, CancellationToken)"/>
    public OrderedWorkers(
        int window,
        Func<TIn, Task<TOut>> work,
        Func<TOut, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        _work = work;
        _results = Channel.CreateBounded<Task<TOut>>(new BoundedChannelOptions(window) { SingleReader = true, SingleWriter = true });
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _output = Task.Run(() => OutputAsync(output), CancellationToken.None);
    }

    /// <summary>Starts work on <paramref name="input"/>; waits while the window is full. Rethrows exceptions of later stages.</summary>
    public async ValueTask AddAsync(TIn input)
    {
        try
        {
            await _results.Writer.WaitToWriteAsync(_stop.Token);
            await _results.Writer.WriteAsync(Task.Run(() => _work(input), CancellationToken.None), _stop.Token);
        }
        catch (Exception e) when (e is ChannelClosedException || _stop.IsCancellationRequested)
        {
            await _output; // throws the reason why the stage ended
            throw;
        }
    }

    /// <summary>Waits until all results have been passed on. Rethrows exceptions of this and later stages.</summary>
    public async Task CompleteAsync()
    {
        _results.Writer.TryComplete();
        await _output;
    }

    /// <summary>Ends the stage whether or not it was completed; buffers in flight are released.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _results.Writer.TryComplete();
        await _output.ContinueWith(
            static _ => { },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        _stop.Dispose();
    }

    private async Task OutputAsync(Func<TOut, CancellationToken, ValueTask> output)
    {
        try
        {
            await foreach (var result in _results.Reader.ReadAllAsync(_stop.Token))
            {
                await output(await result, _stop.Token);
            }
        }
        catch (Exception e)
        {
            _results.Writer.TryComplete(e);
            await _stop.CancelAsync();
            throw;
        }
    }
}
