using System.Collections.Concurrent;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>
/// The reader's side: reads databases for the process at the other end of two pipes, and ends when that does. It opens
/// nothing but what it is told to, and
/// writes nothing but spool files.
/// </summary>
public static class ReaderService
{
    private const int MinThreads = 32;

    /// <summary>Which build of the program this is: both ends must be the same.</summary>
    internal static Guid Build { get; } = typeof(ReaderService).Module.ModuleVersionId;

    /// <summary>Answers requests until there are none any more.</summary>
    /// <param name="requests">Gives requests.</param>
    /// <param name="replies">Takes replies.</param>
    public static async Task RunAsync(Stream requests, Stream replies)
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), ports); // its threads wait for disks
        var (views, writing) = (new ConcurrentDictionary<long, ServedView>(), new Lock());
        var accounts = new AccountResolver(TimeProvider.System);
        ReaderFrames.Write(replies, new() { Build = Build }, []);
        while (ReaderFrames.ReadRequest(requests) is { } request)
        {
            // Found here, in the order of the requests: what is closed before it was opened stays closed.
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
                // The one catch-all: the other databases are read on. Who asked is told.
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
                lock (writing)
                {
                    ReaderFrames.Write(replies, reply, payload.Span);
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Nobody is at the other end any more: this process ends with the requests.
            }
        }
    }
}
