using System.Collections.Concurrent;
using Holdfast.Archive.Items;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;

namespace Holdfast.Node.Tests;

/// <summary>Local destinations that record when they are opened and closed; the opening of one can hang.</summary>
internal sealed class FakeDriver : ILocalDriver
{
    private readonly TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>End of the path of the root whose opening hangs, whatever token is cancelled.</summary>
    public string? Frozen { get; set; }

    public ConcurrentQueue<string> Opened { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    public void Thaw() => _thaw.TrySetResult();

    public Task<string> InitializeAsync(string root, CancellationToken cancellationToken) => Task.FromResult(DestinationIdentity.New());

    public Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public async Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken)
    {
        Opened.Enqueue(root);
        if (Frozen is { } frozen && root.EndsWith(frozen, StringComparison.Ordinal))
        {
            await _thaw.Task;
        }
        return new Place(this, root, identity);
    }

    private sealed class Place(FakeDriver driver, string root, string? identity) : IDestination
    {
        public string Name => root;

        public string? Identity => identity;

        public DestinationCapabilities Capabilities { get; } = new();

        public IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken)
        {
            var there = new DirectoryInfo(Path.Combine(root, folder));
            DestinationEntry[] guide = [new("HOW-TO-RESTORE.txt", false, 1), new("restore.py", false, 1)];
            return (
                there.Exists ? there.EnumerateFileSystemInfos().Select(f => new DestinationEntry(f.Name, f is DirectoryInfo, 1)) : guide
            ).ToAsyncEnumerable();
        }

        public Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<PublishedFile>>([]);

        public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> ReplaceAsync(
            string path,
            ReadOnlyMemory<byte> content,
            string? expected,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task DeleteAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(1);

        public ValueTask DisposeAsync()
        {
            driver.Closed.Enqueue(root);
            return ValueTask.CompletedTask;
        }
    }
}
