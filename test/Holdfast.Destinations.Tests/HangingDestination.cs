using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.Tests;

/// <summary>A destination on a frozen file system. Until it is thawed it ignores every token, like a thread in a system call.</summary>
internal sealed class HangingDestination : IDestination
{
    private TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "frozen";

    public DestinationCapabilities Capabilities { get; } = new();

    public RequestCounts? Requests { get; set; }

    /// <summary>The token of the last write, which it ignores.</summary>
    public CancellationToken WriteToken { get; private set; }

    public bool IsFrozen { get; private set; }

    public int Disposed { get; private set; }

    public void Freeze()
    {
        _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IsFrozen = true;
    }

    public void Thaw()
    {
        IsFrozen = false;
        _thaw.TrySetResult();
    }

    public async Task WaitAsync()
    {
        if (IsFrozen)
        {
            await _thaw.Task;
        }
    }

    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await WaitAsync();
        for (var i = 0; i < 2500; i++)
        {
            yield return new($"{i:D4}", false, i);
        }
    }

    public async Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        await WaitAsync();
        return new(path, false, 1);
    }

    public async Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken)
    {
        await WaitAsync();
        return new Upload(this, path);
    }

    public async Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        await WaitAsync();
        return [];
    }

    public async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        await WaitAsync();
        return new Source(this);
    }

    public async Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        await WaitAsync();
        return new(new byte[1], null);
    }

    public async Task<string?> ReplaceAsync(
        string path,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    )
    {
        await WaitAsync();
        return null;
    }

    public Task DeleteAsync(string path, CancellationToken cancellationToken) => WaitAsync();

    public async Task<long?> FreeBytesAsync(CancellationToken cancellationToken)
    {
        await WaitAsync();
        return 1;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Upload(HangingDestination owner, string path) : IUpload
    {
        public string Path => path;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            owner.WriteToken = cancellationToken;
            await owner.WaitAsync();
        }

        public ValueTask DisposeAsync()
        {
            owner.Disposed++;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Source(HangingDestination owner) : IByteSource
    {
        public string Name => "source";

        public long Length => 100;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await owner.WaitAsync();
            buffer.Span.Fill(7);
        }

        public ValueTask DisposeAsync()
        {
            owner.Disposed++;
            return ValueTask.CompletedTask;
        }
    }
}
