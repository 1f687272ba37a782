namespace Holdfast.Destinations.Limits;

/// <summary>An upload whose calls do not hold their caller. One whose call hangs is given up, and never published.</summary>
internal sealed class BoundedUpload(string path, InUse<IUpload> upload, CallLimiter calls) : IUpload
{
    public string Path => path;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(
            calls.RunAsync(
                "writing",
                calls.Limits.Call,
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
    public static async Task UseAsync(IReadOnlyList<BoundedUpload> uploads, Func<IReadOnlyList<IUpload>, Task> call)
    {
        var entered = new List<BoundedUpload>(uploads.Count);
        try
        {
            var all = new List<IUpload>(uploads.Count);
            foreach (var upload in uploads)
            {
                all.Add(upload.Enter());
                entered.Add(upload);
            }

            await call(all);
        }
        finally
        {
            foreach (var upload in entered)
            {
                await upload.LeaveAsync();
            }
        }
    }

    private IUpload Enter() => upload.Enter();

    private Task LeaveAsync() => upload.LeaveAsync();
}
