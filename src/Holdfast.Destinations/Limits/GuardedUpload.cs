namespace Holdfast.Destinations.Limits;

/// <summary>An upload whose calls never block their caller. If a call hangs, the upload is abandoned and never published.</summary>
internal sealed class GuardedUpload(string path, RefCountedResource<IUpload> upload, CallGuard calls) : IUpload
{
    public string Path => path;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(
            calls.TransferAsync(
                "writing",
                calls.Limits.CallTimeout,
                token =>
                    upload.UseAsync(async u =>
                    {
                        await u.WriteAsync(bytes, token);
                        return true;
                    }),
                cancellationToken
            )
        );

    public async ValueTask DisposeAsync() => await calls.CloseAsync(upload.CloseAsync);

    /// <summary>Runs a call that uses several uploads.</summary>
    public static async Task<T> UseAsync<T>(IReadOnlyList<GuardedUpload> uploads, Func<IReadOnlyList<IUpload>, Task<T>> call)
    {
        var entered = new List<GuardedUpload>(uploads.Count);
        try
        {
            var all = new List<IUpload>(uploads.Count);
            foreach (var upload in uploads)
            {
                all.Add(upload.Acquire());
                entered.Add(upload);
            }

            return await call(all);
        }
        finally
        {
            foreach (var upload in entered)
            {
                await upload.ReleaseAsync();
            }
        }
    }

    private IUpload Acquire() => upload.Acquire();

    private Task ReleaseAsync() => upload.ReleaseAsync();
}
