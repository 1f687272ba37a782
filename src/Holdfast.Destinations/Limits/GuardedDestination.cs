using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.Limits;

/// <summary>A destination whose calls never block their caller beyond the limits; see <see cref="CallGuard"/>.</summary>
/// <param name="inner">The destination.</param>
/// <param name="calls">Runs its calls.</param>
public sealed class GuardedDestination(IDestination inner, CallGuard calls) : IDestination
{
    private const int PageEntries = 1000;

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
        calls.RunAsync("checking its identity", calls.Limits.CallTimeout, inner.CheckIdentityAsync, cancellationToken);

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
        return calls.RunAsync($"looking for '{path}'", calls.Limits.CallTimeout, token => inner.FindAsync(path, token), cancellationToken);
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
            calls
        );
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        var guarded = uploads.Cast<GuardedUpload>().ToList();
        var action = $"publishing '{(guarded.Count == 0 ? "" : guarded[^1].Path)}'";
        return calls.RunAsync(
            action,
            calls.Limits.PublishTimeout,
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
            calls
        );
    }

    /// <inheritdoc/>
    public Task<SmallFile?> ReadSmallFileAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return calls.RunAsync(
            $"reading '{path}'",
            calls.Limits.CallTimeout,
            token => inner.ReadSmallFileAsync(path, maxBytes, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken)
    {
        CheckPath(path);
        SmallFile.CheckReplaceable(path);
        return calls.RunAsync(
            $"replacing '{path}'",
            calls.Limits.PublishTimeout,
            token => inner.ReplaceAsync(path, content, expected, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        CheckPath(path);
        return calls.RunAsync($"deleting '{path}'", calls.Limits.CallTimeout, token => inner.DeleteAsync(path, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        foreach (var path in paths)
        {
            CheckPath(path);
        }
        return calls.RunAsync(
            $"deleting {paths.Count} files",
            calls.Limits.PublishTimeout,
            token => inner.DeleteManyAsync(paths, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<DateTimeOffset> FindLastActivityAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        CheckPath(upload.Path);
        return calls.RunAsync(
            $"looking for parts of '{upload.Path}'",
            calls.Limits.CallTimeout,
            token => inner.FindLastActivityAsync(upload, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        CheckPath(upload.Path);
        return calls.RunAsync(
            $"removing the unfinished upload of '{upload.Path}'",
            calls.Limits.CallTimeout,
            token => inner.AbortAsync(upload, token),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public Task<DestinationProbe> ProbeAsync(bool deletes, CancellationToken cancellationToken) =>
        calls.RunAsync("testing it", calls.Limits.TestTimeout, token => inner.ProbeAsync(deletes, token), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsOnFileSystemOfAsync(string folder, CancellationToken cancellationToken) =>
        calls.RunAsync(
            "comparing its file system",
            calls.Limits.CallTimeout,
            token => inner.IsOnFileSystemOfAsync(folder, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("querying its free space", calls.Limits.CallTimeout, inner.FreeBytesAsync, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await calls.CloseAsync(() => inner.DisposeAsync().AsTask());

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
            await calls.CloseAsync(listing.CloseAsync);
        }
    }

    private Task<List<T>> ReadPageAsync<T>(
        string action,
        RefCountedResource<PagedListing<T>> listing,
        CancellationTokenSource stop,
        CancellationToken cancellationToken
    ) =>
        calls.RunAsync(
            action,
            calls.Limits.CallTimeout,
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
            await calls.RunAsync(
                action,
                calls.Limits.CallTimeout,
                async token => await resource.SetAsync(await call(token)),
                cancellationToken
            );
            return resource;
        }
        catch
        {
            await calls.CloseAsync(resource.CloseAsync);
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
