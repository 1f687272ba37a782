using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;

namespace Holdfast.Node.Tests.Backups.Outputs;

/// <summary>A destination whose writes wait until the test allows them, and which keeps what it was given.</summary>
internal sealed class SlowDestination(string name) : IDestination
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;

    public string Name => name;

    public DestinationCapabilities Capabilities { get; } = new();

    /// <summary>Whether it is on the disk of the spool.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether it does not respond to questions.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    /// <summary>Lets writes pass from now on.</summary>
    public void Open() => _open.TrySetResult();

    /// <summary>Makes writes wait from now on.</summary>
    public void Close() => _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails waiting and later writes.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _open.TrySetResult();
    }

    public byte[] Read(string path) => _files[path];

    public bool Owns(IUpload upload) => upload is Upload own && own.Owner == this;

    public async IAsyncEnumerable<DestinationEntry> ListAsync(
        string folder,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) => Task.FromResult<DestinationEntry?>(null);

    public Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
        Task.FromResult<IUpload>(new Upload(this, path));

    public Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        foreach (var upload in uploads.Cast<Upload>())
        {
            _files[upload.Path] = upload.Bytes.ToArray();
        }
        return Task.FromResult<IReadOnlyList<PublishedFile>>([.. uploads.Select(u => new PublishedFile(u.Path, 0, null))]);
    }

    public async Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken)
    {
        if (IsSilent)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        return IsLocal;
    }

    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        throw new HoldfastException(ErrorCatalog.NotFound, path, null);

    public Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task DeleteAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public ValueTask DisposeAsync() => default;

    private sealed class Upload(SlowDestination owner, string path) : IUpload
    {
        public SlowDestination Owner => owner;

        public string Path => path;

        public MemoryStream Bytes { get; } = new();

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await owner._open.Task.WaitAsync(cancellationToken);
            if (owner._failure is { } failure)
            {
                throw failure;
            }
            Bytes.Write(bytes.Span);
            owner.Written += bytes.Length;
        }

        public ValueTask DisposeAsync() => default;
    }
}
