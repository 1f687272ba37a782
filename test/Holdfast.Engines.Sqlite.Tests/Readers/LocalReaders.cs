using System.IO.Pipes;
using Holdfast.Engines.Sqlite.Readers;

namespace Holdfast.Engines.Sqlite.Tests.Readers;

/// <summary>
/// Readers that are threads of this process instead of processes, with the same pipes in between; they can be made to
/// end as a process does that is killed.
/// </summary>
internal sealed class LocalReaders
{
    private readonly List<Link> _started = [];

    /// <summary>How many were started.</summary>
    public int Started => _started.Count;

    /// <summary>How many there are.</summary>
    public int Living => _started.Count(l => !l.HasEnded);

    /// <summary>What was sent to them, in their order.</summary>
    public ReaderTransport Start()
    {
        var link = new Link();
        _started.Add(link);
        return link;
    }

    /// <summary>Ends the one that was started as the <paramref name="number"/>th, in the middle of whatever it does.</summary>
    public void Crash(int number) => _started[number].Crash();

    private sealed class Link : ReaderTransport
    {
        private readonly AnonymousPipeServerStream _requests = new(PipeDirection.Out),
            _replies = new(PipeDirection.In);
        private readonly AnonymousPipeClientStream _far;
        private readonly TaskCompletionSource _ended = new();

        public Link()
        {
            _far = new(PipeDirection.Out, _replies.ClientSafePipeHandle);
            var near = new AnonymousPipeClientStream(PipeDirection.In, _requests.ClientSafePipeHandle);
            new Thread(() =>
            {
                ReaderService.RunAsync(near, _far).GetAwaiter().GetResult();
                near.Dispose();
                _far.Dispose();
                _ended.SetResult();
            })
            {
                IsBackground = true,
            }.Start();
        }

        public bool HasEnded => _ended.Task.IsCompleted;

        public override Stream Requests => _requests;

        public override Stream Replies => _replies;

        public void Crash() => _far.Dispose();

        public override void Kill() => _requests.Dispose();

        public override string WaitForExit()
        {
            _requests.Dispose();
            _ended.Task.Wait();
            return "SIGKILL";
        }

        public override void Dispose() => _replies.Dispose();
    }
}
