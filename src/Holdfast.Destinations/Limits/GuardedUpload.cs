namespace Holdfast.Destinations.Limits;

/// <summary>An upload whose calls do not hold their caller. One whose call hangs is given up, and never published.</summary>
internal sealed class GuardedUpload(string path, RefCountedResource<IUpload> upload, CallGuard calls) : IUpload
{
    public string Path => path;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(
            calls.RunAsync(
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

    /// <summary>Runs a call that is in several of them.</summary>
    public static async Task UseAsync(IReadOnlyList<GuardedUpload> uploads, Func<IReadOnlyList<IUpload>, Task> call)
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

            await call(all);
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
