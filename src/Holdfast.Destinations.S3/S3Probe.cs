using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3;

/// <summary>
/// Tests a store with a few small objects: whether it keeps what it is sent, which conditions hold, and whether the access key has every
/// right that backups, restores and retention need. A missing right is named.
/// </summary>
/// <param name="bucket">Sends the requests.</param>
/// <param name="config">The settings.</param>
/// <param name="deletes">Whether retention deletes here, so that the right to delete is needed.</param>
internal sealed class S3Probe(S3Bucket bucket, S3Config config, bool deletes)
{
    private const int SampleBytes = 100_000;

    private readonly string _folder =
        (config.Prefix.Length == 0 ? "" : $"{config.Prefix}/")
        + $"{DestinationIdentity.TestPrefix}{RandomNumberGenerator.GetHexString(16, lowercase: true)}/";
    private readonly List<string> _notes = [];

    private sealed record Stored(byte[] Bytes, long TotalLength);

    private string FirstKey => $"{_folder}first";

    private string SecondKey => $"{_folder}second";

    /// <summary>Runs the test. Removes what it has written, also if it fails.</summary>
    /// <param name="before">What the protocol promises.</param>
    /// <param name="cancellationToken">Cancels the test.</param>
    /// <exception cref="HoldfastException">The store cannot be used like this; the hint names the setting or the right.</exception>
    public async Task<DestinationProbe> RunAsync(DestinationCapabilities before, CancellationToken cancellationToken)
    {
        try
        {
            await TestContentAsync(cancellationToken);
            var capabilities = before with
            {
                ConditionalPut = await TestConditionalPutAsync(cancellationToken),
                ConditionalComplete = await TestConditionalCompleteAsync(cancellationToken),
                ListsUnfinished = await TestUnfinishedAsync(cancellationToken),
            };
            await TestListingAsync(cancellationToken);
            capabilities = capabilities with { BatchDelete = await TestDeletionAsync(cancellationToken) };
            return new(capabilities, null, _notes);
        }
        catch
        {
            await CleanAsync();
            throw;
        }
    }

    private async Task TestContentAsync(CancellationToken cancellationToken)
    {
        var sample = RandomNumberGenerator.GetBytes(SampleBytes);
        await AskAsync("s3:PutObject", () => PutAsync(FirstKey, sample, onlyIfFree: false, cancellationToken));
        await AskAsync("s3:GetObject", async () =>
        {
            await CompareAsync(sample, 0, SampleBytes, cancellationToken);
            await CompareAsync(sample, SampleBytes / 2, 1000, cancellationToken);
            await CompareAsync(sample, SampleBytes - 10, 10, cancellationToken);
            return true;
        });
    }

    private async Task CompareAsync(byte[] sample, int offset, int length, CancellationToken cancellationToken)
    {
        var stored = await bucket.Objects.ReadAsync(FirstKey, offset, length, ReadAllAsync, cancellationToken);
        if (stored?.TotalLength != SampleBytes || !stored.Bytes.AsSpan().SequenceEqual(sample.AsSpan(offset, length)))
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationUnverified,
                $"{config.Url}: the store does not return what it was sent: {SampleBytes} bytes were stored as {stored?.TotalLength ?? 0}.",
                config.IsCompatible ? "This store cannot be used." : $"Set {S3Config.ModeKey} to compatible, and test again."
            );
        }
    }

    private static async Task<Stored?> ReadAllAsync(S3Range range, CancellationToken cancellationToken)
    {
        var bytes = new byte[range.Length];
        await range.Content.ReadExactlyAsync(bytes, cancellationToken);
        return new(bytes, range.TotalLength);
    }

    private async Task<bool> TestConditionalPutAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PutOnceAsync(FirstKey, new byte[10], onlyIfFree: true, cancellationToken);
            _notes.Add("The store ignores conditions: of two nodes, only the one that is named in a chain's folder writes into it.");
            return false;
        }
        catch (S3Failure e) when (e.Error == ErrorCatalog.TargetExists)
        {
            return true;
        }
        catch (S3Failure e) when (e.IsUnsupported)
        {
            return false;
        }
        catch (S3Failure e)
        {
            throw e.ToError(config.Url, "testing conditional uploads");
        }
    }

    private async Task<bool> TestConditionalCompleteAsync(CancellationToken cancellationToken)
    {
        var content = new byte[1000];
        var id = await AskAsync("s3:PutObject", () => bucket.Uploads.StartAsync(FirstKey, null, cancellationToken));
        try
        {
            using var buffer = new SegmentBuffer();
            buffer.Append(content);
            var part = await AskAsync("s3:PutObject", () =>
                bucket.Uploads.PutPartAsync(FirstKey, id, 1, buffer, ETag.Hash(content), cancellationToken)
            );
            await bucket.Uploads.CompleteOnceAsync(FirstKey, id, [part], onlyIfFree: true, cancellationToken);
            return false;
        }
        catch (S3Failure e) when (e.Error == ErrorCatalog.TargetExists || e.IsUnsupported)
        {
            await AskAsync("s3:AbortMultipartUpload", () => AbortAsync(FirstKey, id, cancellationToken));
            return e.Error == ErrorCatalog.TargetExists;
        }
        catch (S3Failure e)
        {
            throw e.ToError(config.Url, "testing an upload in parts");
        }
    }

    private async Task<bool> TestUnfinishedAsync(CancellationToken cancellationToken)
    {
        var id = await AskAsync("s3:PutObject", () => bucket.Uploads.StartAsync(SecondKey, null, cancellationToken));
        try
        {
            var found = await bucket.Uploads.ListAsync(_folder, cancellationToken);
            if (found?.Any(u => u.Id == id) == true)
            {
                return true;
            }
            _notes.Add("The store does not list unfinished uploads. Let a lifecycle rule of the bucket remove them.");
            return false;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationDenied)
        {
            _notes.Add(
                "The access key lacks s3:ListBucketMultipartUploads: uploads that a crash leaves unfinished are not removed. "
                    + "Grant it, or let a lifecycle rule of the bucket remove them."
            );
            return false;
        }
        finally
        {
            await AskAsync("s3:AbortMultipartUpload", () => AbortAsync(SecondKey, id, cancellationToken));
        }
    }

    private async Task TestListingAsync(CancellationToken cancellationToken)
    {
        var keys = await AskAsync("s3:ListBucket", async () =>
            await bucket.Objects.ListAsync(_folder, recursive: true, cancellationToken).Select(e => e.Key).ToListAsync(cancellationToken)
        );
        if (!keys.Contains(FirstKey))
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationUnverified,
                $"{config.Url}: a listing does not show an object that was just stored.",
                "The store lists late or not at all. Use one whose listings are consistent."
            );
        }
    }

    private async Task<bool> TestDeletionAsync(CancellationToken cancellationToken)
    {
        await AskAsync("s3:PutObject", () => PutAsync(SecondKey, new byte[10], onlyIfFree: false, cancellationToken));
        try
        {
            return await DeleteAsync(cancellationToken);
        }
        catch (HoldfastException e) when (!deletes && IsRefusal(e.Error))
        {
            _notes.Add($"The access key may not delete, which is left to the bucket. Remove {_folder} by hand, or by a lifecycle rule.");
            return true;
        }
    }

    // Whether one request deletes several objects.
    private async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        var failed = await AskAsync("s3:DeleteObject", () => bucket.Deletions.DeleteManyAsync([FirstKey, SecondKey], cancellationToken));
        if (failed is [var first, ..])
        {
            throw Missing("s3:DeleteObject", first.Error);
        }
        if (failed is null)
        {
            await AskAsync("s3:DeleteObject", async () =>
            {
                await bucket.Deletions.DeleteAsync(FirstKey, cancellationToken);
                await bucket.Deletions.DeleteAsync(SecondKey, cancellationToken);
                return true;
            });
        }
        return failed is not null;
    }

    private static bool IsRefusal(Error error) => error == ErrorCatalog.DestinationDenied || error == ErrorCatalog.DestinationLocked;

    // After a failure, which is what the caller reports.
    private async Task CleanAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await bucket.Deletions.DeleteAsync(FirstKey, late.Token);
            await bucket.Deletions.DeleteAsync(SecondKey, late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // Their names say what they are.
        }
        catch (HoldfastException)
        {
            // The same.
        }
    }

    private async Task<string> PutAsync(string key, byte[] content, bool onlyIfFree, CancellationToken cancellationToken)
    {
        using var buffer = new SegmentBuffer();
        buffer.Append(content);
        return await bucket.Objects.PutAsync(key, buffer, ETag.Hash(content), onlyIfFree, null, cancellationToken);
    }

    private async Task PutOnceAsync(string key, byte[] content, bool onlyIfFree, CancellationToken cancellationToken)
    {
        using var buffer = new SegmentBuffer();
        buffer.Append(content);
        await bucket.Objects.PutOnceAsync(key, buffer, ETag.Hash(content), onlyIfFree, null, cancellationToken);
    }

    private async Task<bool> AbortAsync(string key, string id, CancellationToken cancellationToken)
    {
        await bucket.Uploads.AbortAsync(key, id, cancellationToken);
        return true;
    }

    private async Task<T> AskAsync<T>(string right, Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (HoldfastException e)
            when (e.InnerException is S3Failure { Code: "AccessDenied" or "" or "Forbidden" } failure
                && failure.Error == ErrorCatalog.DestinationDenied
            )
        {
            throw Missing(right, e);
        }
    }

    private HoldfastException Missing(string right, Exception cause) =>
        new(
            ErrorCatalog.DestinationDenied,
            $"{config.Url}: the access key lacks the right {right}.",
            "Grant the rights of the policy in docs/s3.md.",
            cause
        );
}
