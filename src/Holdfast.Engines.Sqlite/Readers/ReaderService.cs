using System.Collections.Concurrent;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// The reader's side: reads databases for the process at the other end of two pipes, and exits when that process does.
/// It opens only what it is told to open, and writes only spool files.
/// </summary>
public static class ReaderService
{
    private const int MinThreads = 32;

    /// <summary>Build of the program: both ends must be the same.</summary>
    internal static Guid Build { get; } = typeof(ReaderService).Module.ModuleVersionId;

    /// <summary>Serves requests until the pipe ends.</summary>
    /// <param name="requests">The pipe of requests.</param>
    /// <param name="replies">The pipe of replies.</param>
    public static async Task RunAsync(Stream requests, Stream replies)
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), ports); // its threads wait for disks
        var (views, writeGate) = (new ConcurrentDictionary<long, ServedView>(), new Lock());
        var accounts = new AccountResolver(TimeProvider.System);
        ReaderFrames.Write(replies, new() { Build = Build }, []);
        while (ReaderFrames.ReadRequest(requests) is { } request)
        {
            // Looked up here, in the order of the requests: a job that is closed before it was opened stays closed.
            var view = views.GetOrAdd(request.Job, _ => new(accounts));
            _ = Task.Run(() => AnswerAsync(request, view));
        }

        foreach (var view in views.Values)
        {
            await view.DisposeAsync();
        }

        async Task AnswerAsync(ReaderRequest request, ServedView view)
        {
            try
            {
                await view.AnswerAsync(request, (reply, payload) => Send(reply with { Id = request.Id }, payload));
            }
            catch (Exception e)
            {
                // The one catch-all: other jobs continue. The failure is reported to the caller.
                Send(new() { Id = request.Id, Failure = ReaderReply.FailureInfo.FromException(e) }, default);
            }

            if (request.Command == ReaderCommand.Close)
            {
                views.TryRemove(request.Job, out _);
            }
        }

        void Send(ReaderReply reply, ReadOnlyMemory<byte> payload)
        {
            try
            {
                lock (writeGate)
                {
                    ReaderFrames.Write(replies, reply, payload.Span);
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The other process has exited: this one exits when the requests end.
            }
        }
    }
}
