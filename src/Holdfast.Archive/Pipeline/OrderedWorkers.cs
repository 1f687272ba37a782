using System.Threading.Channels;

namespace Holdfast.Archive.Pipeline;

/// <summary>
/// Runs a function on several inputs at once and hands the results on in the order of the inputs. The one mechanism of its kind here:
/// hashing, compressing, sealing and reading back are all stages of it. At most <c>window</c> inputs are under way, which bounds memory.
/// </summary>
internal sealed class OrderedWorkers<TIn, TOut> : IAsyncDisposable
{
    private readonly Func<TIn, TOut> _work;
    private readonly Channel<Task<TOut>> _results;
    private readonly Task _output;
    private readonly CancellationTokenSource _stop;

    /// <param name="window">Inputs under way at most; 1 and more.</param>
    /// <param name="work">Runs on the thread pool, several at once.</param>
    /// <param name="output">Runs for one result at a time, in order.</param>
    /// <param name="cancellationToken">Ends the stage.</param>
    public OrderedWorkers(
        int window,
        Func<TIn, TOut> work,
        Func<TOut, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        _work = work;
        _results = Channel.CreateBounded<Task<TOut>>(new BoundedChannelOptions(window) { SingleReader = true, SingleWriter = true });
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _output = Task.Run(() => OutputAsync(output), CancellationToken.None);
    }

    /// <summary>Starts work on <paramref name="input"/>; waits while the window is full. Throws what a stage behind it threw.</summary>
    public async ValueTask AddAsync(TIn input)
    {
        try
        {
            await _results.Writer.WaitToWriteAsync(_stop.Token);
            await _results.Writer.WriteAsync(Task.Run(() => _work(input), CancellationToken.None), _stop.Token);
        }
        catch (Exception e) when (e is ChannelClosedException || _stop.IsCancellationRequested)
        {
            await _output; // tells why the stage ended
            throw;
        }
    }

    /// <summary>Waits until every result has been handed on. Throws what went wrong in this stage or behind it.</summary>
    public async Task CompleteAsync()
    {
        _results.Writer.TryComplete();
        await _output;
    }

    /// <summary>Ends the stage whether or not it was completed; buffers under way are let go.</summary>
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
