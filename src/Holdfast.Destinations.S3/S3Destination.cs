using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Probing;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Uploads;

namespace Holdfast.Destinations.S3;

/// <summary>A destination in a bucket of a store that speaks the S3 protocol. Folders are prefixes of keys; nothing creates them.</summary>
internal sealed class S3Destination : IDestination
{
    private const int DeleteBatch = 1000;
    private const long MaxObjectBytes = 5L << 40;

    // The identity is read at the beginning and once an hour: a bucket is not exchanged as a disk is.
    private static readonly TimeSpan IdentityLifetime = TimeSpan.FromHours(1);

    private readonly S3Bucket _bucket;
    private readonly S3Config _config;
    private readonly TimeProvider _time;

    // Paths that this process is writing. The store itself protects against other processes, where it can.
    private readonly ConcurrentDictionary<string, bool> _uploads = new(StringComparer.Ordinal);
    private long _identityChecked;
    private volatile bool _deletesSingly;
    private volatile bool _isClosed;

    public S3Destination(S3Bucket bucket, S3Config config, string? identity, DestinationCapabilities capabilities, TimeProvider time)
    {
        (_bucket, _config, Identity, Capabilities, _time) = (bucket, config, identity, capabilities with { IsRemote = true }, time);
        _deletesSingly = !capabilities.BatchDelete;
    }

    /// <inheritdoc/>
    public string Name => _config.Url;

    /// <inheritdoc/>
    public string? Identity { get; }

    /// <inheritdoc/>
    public DestinationCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public DateTimeOffset? ServerTime => _bucket.Clock.Now;

    /// <inheritdoc/>
    public RequestCounts? Requests => _bucket.Requests;

    /// <summary>What the protocol promises, before a test has found out more.</summary>
    public static DestinationCapabilities DefaultCapabilities(S3Config config) =>
        new()
        {
            ConditionalPut = !config.IsCompatible,
            ConditionalComplete = !config.IsCompatible,
            BatchDelete = true,
            RecursiveList = true,
            ListsUnfinished = true,
            IsRemote = true,
            EqualParts = config.IsCompatible,
            MaxParts = config.MaxParts,
            MaxFileBytes = MaxObjectBytes,
            ColdClasses = ["GLACIER", "DEEP_ARCHIVE"],
            Durable = true,
        };

    /// <inheritdoc/>
    public async Task CheckIdentityAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetTimestamp();
        var last = Interlocked.Read(ref _identityChecked);
        if (Identity is null || (last != 0 && _time.GetElapsedTime(last, now) < IdentityLifetime))
        {
            return;
        }
        await IdentityObject.CheckAsync(_bucket, _config, Identity, cancellationToken);
        Interlocked.Exchange(ref _identityChecked, now);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = FolderKey(folder);
        var entries = new List<DestinationEntry>();
        await foreach (var (key, info) in _bucket.Objects.ListAsync(prefix, recursive: false, cancellationToken))
        {
            if (Entry(key[prefix.Length..].TrimEnd('/'), info) is { } entry && !(folder.Length == 0 && IsHidden(entry)))
            {
                entries.Add(entry);
            }
        }
        // S3 lists "a-b" before the folder "a".
        foreach (var entry in entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DestinationEntry> ListTreeAsync(
        string folder,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var prefix = FolderKey(folder);
        await foreach (var (key, info) in _bucket.Objects.ListAsync(prefix, recursive: true, cancellationToken))
        {
            if (info is not null && Entry(key[prefix.Length..], info) is { } entry && !(folder.Length == 0 && IsHidden(entry)))
            {
                yield return entry;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) =>
        await _bucket.Objects.FindAsync(KeyOf(path), cancellationToken) is { } info
        && Entry(path[(path.LastIndexOf('/') + 1)..], info) is { } entry
            ? entry with
            {
                Version = info.ETag,
            }
            : null;

    /// <inheritdoc/>
    public Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        var plan = PartPlan.Create(path, hint.MaxBytes, Capabilities);
        if (!_uploads.TryAdd(path, true))
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"'{Name}/{path}' is being written.",
                "Another backup of the same database is under way."
            );
        }
        var storageClass = hint.IsClaim ? null : _config.StorageClass;
        return Task.FromResult<IUpload>(
            new S3Upload(_bucket, path, key, storageClass, plan, () => _uploads.TryRemove(path, out _))
            {
                OnlyIfFree = Capabilities.ConditionalPut,
                NeverWaits = hint.IsClaim,
                ConditionalComplete = Capabilities.ConditionalComplete,
                AsksForLength = _config.Encryption == ServerSideEncryption.Kms && !hint.IsClaim,
            }
        );
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isClosed)
        {
            throw new HoldfastException(ErrorCatalog.DestinationFailed, $"{Name} is closed.", "Open it again.");
        }
        await CheckIdentityAsync(cancellationToken);
        var files = new List<PublishedFile>();
        if (uploads.Count > 0)
        {
            await CheckFreeAsync(uploads[0].Path, cancellationToken); // the first claims the name for all
        }
        foreach (var upload in uploads.Cast<S3Upload>())
        {
            files.Add(await upload.PublishAsync(cancellationToken));
        }
        return files;
    }

    /// <inheritdoc/>
    public async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        await CheckIdentityAsync(cancellationToken);
        return await S3File.OpenAsync(_bucket, path, KeyOf(path), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        await CheckIdentityAsync(cancellationToken);
        var file = await Replacement.ReadAsync(_bucket, KeyOf(path), maxBytes, cancellationToken);
        return file is null || file.Bytes.Length <= maxBytes
            ? file
            : throw DestinationTree.CreateTooLarge(this, path, file.Bytes.Length, maxBytes);
    }

    /// <inheritdoc/>
    public async Task<string?> ReplaceAsync(
        string path,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    )
    {
        SmallFile.CheckReplaceable(path);
        await CheckIdentityAsync(cancellationToken);
        var condition = Capabilities.ConditionalPut ? expected : null;
        return await Replacement.RunAsync(_bucket, path, KeyOf(path), content, condition, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await CheckIdentityAsync(cancellationToken);
        await _bucket.Deletions.DeleteAsync(KeyOf(path), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        await CheckIdentityAsync(cancellationToken);
        foreach (var batch in paths.Chunk(DeleteBatch))
        {
            var failures = await DeleteBatchAsync(batch, cancellationToken);
            if (failures.Count > 0)
            {
                return failures; // what follows is older than what could not be deleted
            }
        }
        return [];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = FolderKey("");
        foreach (var upload in await _bucket.Uploads.ListAsync(prefix, cancellationToken) ?? [])
        {
            if (upload.Path.StartsWith(prefix, StringComparison.Ordinal) && IsPath(upload.Path[prefix.Length..]))
            {
                yield return upload with
                {
                    Path = upload.Path[prefix.Length..],
                };
            }
        }
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset> FindLastActivityAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        await _bucket.Uploads.FindNewestPartAsync(KeyOf(upload.Path), upload.Id, cancellationToken) is { } newest && newest > upload.Started
            ? newest
            : upload.Started;

    /// <inheritdoc/>
    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken) =>
        _bucket.Uploads.AbortAsync(KeyOf(upload.Path), upload.Id, cancellationToken);

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public Task<DestinationProbe> ProbeAsync(bool deletes, CancellationToken cancellationToken) =>
        new S3Probe(_bucket, _config, deletes).RunAsync(DefaultCapabilities(_config), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _isClosed = true;
        _bucket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsHidden(DestinationEntry entry) => entry.Name == DestinationIdentity.FileName;

    private DestinationEntry? Entry(string name, S3ObjectInfo? info) =>
        !IsPath(name) ? null // also a key that ends with a slash, which some tools create for a folder
        : info is null ? new(name, true, 0)
        : new(name, false, info.Length)
        {
            Modified = info.Modified,
            IsCold = info.StorageClass is { } storageClass && Capabilities.ColdClasses.Contains(storageClass),
        };

    private string KeyOf(string path) =>
        IsPath(path) ? FolderKey("") + path : throw new ArgumentException($"'{path}' leaves the destination.", nameof(path));

    // A key may contain anything. One with such a part is no file of ours, and no path can name it: listings leave it out.
    private static bool IsPath(string path) => path.Length > 0 && !path.Split('/').Any(p => p is "." or ".." or "");

    private string FolderKey(string folder)
    {
        var prefix = _config.Prefix.Length == 0 ? "" : $"{_config.Prefix}/";
        return folder.Length == 0 ? prefix : $"{KeyOf(folder)}/";
    }

    // Where the store ignores conditions, nothing better can be had; the node's own name in the folder does the rest.
    private async Task CheckFreeAsync(string path, CancellationToken cancellationToken)
    {
        if (!Capabilities.ConditionalPut && await _bucket.Objects.FindAsync(KeyOf(path), cancellationToken) is not null)
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"'{Name}/{path}' already exists.",
                "Another backup of the same database is under way, or was made in the same second."
            );
        }
    }

    private async Task<IReadOnlyList<DeletionFailure>> DeleteBatchAsync(string[] paths, CancellationToken cancellationToken)
    {
        if (!_deletesSingly && paths.Length > 1)
        {
            var keys = Array.ConvertAll(paths, KeyOf);
            if (await _bucket.Deletions.DeleteManyAsync(keys, cancellationToken) is { } result)
            {
                var prefix = FolderKey("");
                return [.. result.Failures.Select(f => new DeletionFailure(f.Key[prefix.Length..], f.Error))];
            }
            _deletesSingly = true; // remembered, so that each further batch does not try in vain
        }
        foreach (var path in paths)
        {
            try
            {
                await _bucket.Deletions.DeleteAsync(KeyOf(path), cancellationToken);
            }
            catch (HoldfastException e)
            {
                return [new(path, e)];
            }
        }
        return [];
    }
}
