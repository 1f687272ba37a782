using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.Limits;

/// <summary>A destination whose calls never block their caller beyond the limits; see <see cref="CallGuard"/>.</summary>
/// <param name="inner">The destination.</param>
/// <param name="guard">Runs its _calls.</param>
public sealed class GuardedDestination(IDestination inner, CallGuard guard) : IDestination
{
    private const int PageEntries = 1000;

    private readonly CallGuard _calls = Follow(inner, guard);

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string? Identity => inner.Identity;

    /// <inheritdoc/>
    public DestinationCapabilities Capabilities => inner.Capabilities;

    /// <inheritdoc/>
    public DateTimeOffset? ServerTime => inner.ServerTime;

    /// <inheritdoc/>
    public RequestCounts? Requests => inner.Requests;

    /// <inheritdoc/>
    public Task CheckIdentityAsync(CancellationToken cancellationToken) =>
        _calls.RunAsync("checking its identity", _calls.Limits.CallTimeout, inner.CheckIdentityAsync, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken)
    {
        CheckPath(folder);
        return ListAsync($"listing '{folder}'", stop => inner.ListAsync(folder, stop), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken)
    {
        CheckPath(folder);
        return ListAsync($"listing '{folder}'", stop => inner.ListTreeAsync(folder, stop), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        ListAsync("listing unfinished uploads", inner.ListUnfinishedAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return _calls.RunAsync(
            $"looking for '{path}'",
            _calls.Limits.CallTimeout,
            token => inner.FindAsync(path, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public async Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return new GuardedUpload(
            path,
            await OpenRefCountedAsync(
                $"starting the upload of '{path}'",
                token => inner.BeginUploadAsync(path, hint, token),
                cancellationToken
            ),
            _calls
        );
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        var guarded = uploads.Cast<GuardedUpload>().ToList();
        var action = $"publishing '{(guarded.Count == 0 ? "" : guarded[^1].Path)}'";
        return _calls.TransferAsync(
            action,
            _calls.Limits.PublishTimeout,
            token => GuardedUpload.UseAsync(guarded, all => inner.PublishAsync(all, token)),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return new GuardedByteSource(
            await OpenRefCountedAsync($"opening '{path}'", token => inner.OpenAsync(path, token), cancellationToken),
            _calls
        );
    }

    /// <inheritdoc/>
    public Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return _calls.RunAsync(
            $"reading '{path}'",
            _calls.Limits.CallTimeout,
            token => inner.ReadSmallFileAsync(path, maxBytes, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken)
    {
        CheckPath(path);
        SmallFile.CheckReplaceable(path);
        return _calls.RunAsync(
            $"replacing '{path}'",
            _calls.Limits.PublishTimeout,
            token => inner.ReplaceAsync(path, content, expected, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return _calls.RunAsync($"deleting '{path}'", _calls.Limits.CallTimeout, token => inner.DeleteAsync(path, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            CheckPath(path);
        }
        return _calls.RunAsync(
            $"deleting {paths.Count} files",
            _calls.Limits.PublishTimeout,
            token => inner.DeleteManyAsync(paths, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<DateTimeOffset> FindLastActivityAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        CheckPath(upload.Path);
        return _calls.RunAsync(
            $"looking for parts of '{upload.Path}'",
            _calls.Limits.CallTimeout,
            token => inner.FindLastActivityAsync(upload, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        CheckPath(upload.Path);
        return _calls.RunAsync(
            $"removing the unfinished upload of '{upload.Path}'",
            _calls.Limits.CallTimeout,
            token => inner.AbortAsync(upload, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<DestinationProbe> ProbeAsync(bool deletes, CancellationToken cancellationToken) =>
        _calls.RunAsync("testing it", _calls.Limits.TestTimeout, token => inner.ProbeAsync(deletes, token), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            "comparing its file system",
            _calls.Limits.CallTimeout,
            token => inner.IsOnFileSystemOfAsync(folder, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) =>
        _calls.RunAsync("querying its free space", _calls.Limits.CallTimeout, inner.FreeBytesAsync, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _calls.CloseAsync(() => inner.DisposeAsync().AsTask());

    private static CallGuard Follow(IDestination inner, CallGuard guard)
    {
        guard.Progress = () => inner.Requests;
        return guard;
    }

    private async IAsyncEnumerable<T> ListAsync<T>(
        string action,
        Func<CancellationToken, IAsyncEnumerable<T>> list,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var stop = new CancellationTokenSource();
        var listing = new RefCountedResource<PagedListing<T>>(new(list(stop.Token)));
        try
        {
            // Page by page: one guarded call for each entry would cost more than the listing.
            while (await ReadPageAsync(action, listing, stop, cancellationToken) is { Count: > 0 } page)
            {
                foreach (var entry in page)
                {
                    yield return entry;
                }
            }
        }
        finally
        {
            await _calls.CloseAsync(listing.CloseAsync);
        }
    }

    private Task<List<T>> ReadPageAsync<T>(
        string action,
        RefCountedResource<PagedListing<T>> listing,
        CancellationTokenSource stop,
        CancellationToken cancellationToken
    ) =>
        _calls.TransferAsync(
            action,
            _calls.Limits.CallTimeout,
            async token =>
            {
                await using var cancelling = token.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), stop);
                return await listing.UseAsync(l => l.ReadPageAsync(PageEntries));
            },
            cancellationToken
        );

    // A resource that arrives after the caller gave up is closed, by whichever of the two comes last.
    private async Task<RefCountedResource<T>> OpenRefCountedAsync<T>(
        string action,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
        where T : class, IAsyncDisposable
    {
        var resource = new RefCountedResource<T>();
        try
        {
            await _calls.RunAsync(
                action,
                _calls.Limits.CallTimeout,
                async token => await resource.SetAsync(await call(token)),
                cancellationToken
            );
            return resource;
        }
        catch
        {
            await _calls.CloseAsync(resource.CloseAsync);
            throw;
        }
    }

    // A path that leaves the root is a programming error, not a failure of the destination.
    private static void CheckPath(string path)
    {
        if (path.Split('/').Any(part => part is "." or "..") || Path.IsPathRooted(path))
        {
            throw new ArgumentException($"'{path}' leaves the destination.", nameof(path));
        }
    }
}
