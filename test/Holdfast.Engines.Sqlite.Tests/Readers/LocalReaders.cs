using System.IO.Pipes;
using Holdfast.Engines.Sqlite.Readers;

namespace Holdfast.Engines.Sqlite.Tests.Readers;

/// <summary>
/// Readers that are threads of this process instead of processes, connected by the same pipes; they can be made to exit
/// like a killed process.
/// </summary>
internal sealed class LocalReaders
{
    private readonly List<Link> _started = [];

    /// <summary>Number of readers started.</summary>
    public int Started => _started.Count;

    /// <summary>Number of running readers.</summary>
    public int Living => _started.Count(l => !l.HasEnded);

    /// <summary>The requests sent to them, in order.</summary>
    public ReaderTransport Start()
    {
        var link = new Link();
        _started.Add(link);
        return link;
    }

    /// <summary>Kills the reader that was started as the <paramref name="number"/>th, whatever it is doing.</summary>
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
