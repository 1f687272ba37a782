using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Probing;

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
    private readonly RequiredRights _rights = new(config.Url);
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
            _notes.Insert(0, Summary(capabilities));
            return new(capabilities, null, _notes);
        }
        catch
        {
            await CleanAsync();
            throw;
        }
    }

    private string Summary(DestinationCapabilities found)
    {
        var mode = (config.IsCompatible ? S3Mode.Compatible : S3Mode.Aws).ToString().ToLowerInvariant();
        var conditions = found switch
        {
            { ConditionalPut: true, ConditionalComplete: true } => "conditional uploads",
            { ConditionalPut: true } => "conditional uploads, but not in parts",
            _ => "no conditional uploads",
        };
        return $"Mode {mode}, {conditions}, {(found.BatchDelete ? "deletion in batches" : "deletion one by one")}.";
    }

    private async Task TestContentAsync(CancellationToken cancellationToken)
    {
        var sample = RandomNumberGenerator.GetBytes(SampleBytes);
        try
        {
            await _rights.AskAsync("s3:PutObject", () => PutAsync(FirstKey, sample, onlyIfFree: false, cancellationToken));
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationUnverified)
        {
            throw Damaged(e.Message, e);
        }
        await _rights.AskAsync("s3:GetObject", async () =>
        {
            await CompareAsync(sample, 0, SampleBytes, cancellationToken);
            await CompareAsync(sample, SampleBytes / 2, 1000, cancellationToken);
            await CompareAsync(sample, SampleBytes - 10, 10, cancellationToken);
            await TestSuffixAsync(sample, cancellationToken);
        });
    }

    private async Task CompareAsync(byte[] sample, int offset, int length, CancellationToken cancellationToken)
    {
        var stored = await bucket.Objects.ReadAsync<Stored>(
            FirstKey,
            offset,
            length,
            async (range, token) =>
            {
                var bytes = new byte[range.Length];
                await range.Content.ReadExactlyAsync(bytes, token);
                return new(bytes, range.TotalLength);
            },
            cancellationToken
        );
        if (stored?.TotalLength != SampleBytes || !stored.Bytes.AsSpan().SequenceEqual(sample.AsSpan(offset, length)))
        {
            throw Damaged(
                $"{config.Url}: the store does not return what it was sent: {SampleBytes} bytes were stored as {stored?.TotalLength ?? 0}.",
                null
            );
        }
    }

    // Nothing here uses such ranges; but other tools do, and a store that misreads them differs in more.
    private async Task TestSuffixAsync(byte[] sample, CancellationToken cancellationToken)
    {
        const int Length = 50;
        if (await bucket.Objects.ReadEndAsync(FirstKey, Length, cancellationToken) is not { } end)
        {
            _notes.Add("The store refuses ranges that are counted from the end of an object. Holdfast does not need them.");
        }
        else if (!end.AsSpan().SequenceEqual(sample.AsSpan(SampleBytes - Length)))
        {
            _notes.Add(
                "The store answers wrong bytes for ranges that are counted from the end of an object. "
                    + "Holdfast does not use them; other tools may."
            );
        }
    }

    private async Task<bool> TestConditionalPutAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var buffer = new SegmentBuffer();
            var content = new byte[10];
            buffer.Append(content);
            await bucket.Objects.PutOnceAsync(FirstKey, buffer, ETag.Hash(content), onlyIfFree: true, null, cancellationToken);
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
        var id = await _rights.AskAsync("s3:PutObject", () => bucket.Uploads.StartAsync(FirstKey, null, cancellationToken));
        try
        {
            using var buffer = new SegmentBuffer();
            buffer.Append(content);
            var part = await _rights.AskAsync("s3:PutObject", () =>
                bucket.Uploads.PutPartAsync(FirstKey, id, 1, buffer, ETag.Hash(content), cancellationToken)
            );
            await bucket.Uploads.CompleteOnceAsync(FirstKey, id, [part], onlyIfFree: true, cancellationToken);
            return false;
        }
        catch (S3Failure e) when (e.Error == ErrorCatalog.TargetExists || e.IsUnsupported)
        {
            await AbortAsync(FirstKey, id, cancellationToken);
            return e.Error == ErrorCatalog.TargetExists;
        }
        catch (S3Failure e)
        {
            throw e.ToError(config.Url, "testing an upload in parts");
        }
    }

    private async Task<bool> TestUnfinishedAsync(CancellationToken cancellationToken)
    {
        var id = await _rights.AskAsync("s3:PutObject", () => bucket.Uploads.StartAsync(SecondKey, null, cancellationToken));
        var isListed = false;
        try
        {
            isListed = (await bucket.Uploads.ListAsync(_folder, cancellationToken))?.Any(u => u.Id == id) == true;
            if (!isListed)
            {
                _notes.Add("The store does not list unfinished uploads. Let a lifecycle rule of the bucket remove them.");
            }
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationDenied)
        {
            _notes.Add(
                "The access key lacks s3:ListBucketMultipartUploads: uploads that a crash leaves unfinished are not removed. "
                    + "Grant it, or let a lifecycle rule of the bucket remove them."
            );
        }
        await AbortAsync(SecondKey, id, cancellationToken);
        return isListed;
    }

    private async Task TestListingAsync(CancellationToken cancellationToken)
    {
        var keys = await _rights.AskAsync("s3:ListBucket", async () =>
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
        await _rights.AskAsync("s3:PutObject", () => PutAsync(SecondKey, new byte[10], onlyIfFree: false, cancellationToken));
        try
        {
            if (await bucket.Deletions.DeleteManyAsync([FirstKey, SecondKey], cancellationToken) is { } result)
            {
                if (result.Failures is [var (_, error), ..])
                {
                    throw error;
                }
                NoteVersions(result.LeavesVersions);
                return true;
            }
            NoteVersions(await bucket.Deletions.DeleteAsync(FirstKey, cancellationToken));
            await bucket.Deletions.DeleteAsync(SecondKey, cancellationToken);
            return false;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationDenied)
        {
            if (deletes)
            {
                throw _rights.Missing("s3:DeleteObject", e);
            }
            _notes.Add($"The access key may not delete, which is left to the bucket. Remove {_folder} by hand, or by a lifecycle rule.");
            return true;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.DestinationLocked && !deletes)
        {
            _notes.Add($"What is stored is locked: {e.Message} Let a lifecycle rule remove {_folder}.");
            return true;
        }
    }

    private void NoteVersions(bool leavesVersions)
    {
        if (leavesVersions)
        {
            _notes.Add(
                "The bucket keeps versions: what retention deletes is hidden, and billed until a lifecycle rule removes old versions "
                    + "(NoncurrentVersionExpiration)."
            );
        }
    }

    private async Task AbortAsync(string key, string id, CancellationToken cancellationToken)
    {
        try
        {
            await _rights.AskAsync("s3:AbortMultipartUpload", () => bucket.Uploads.AbortAsync(key, id, cancellationToken));
        }
        catch (HoldfastException e) when (e.InnerException is S3Failure { IsUnsupported: true })
        {
            const string Note = "The store cannot remove unfinished uploads.";
            if (!_notes.Contains(Note))
            {
                _notes.Add(Note);
            }
        }
    }

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

    private async Task PutAsync(string key, byte[] content, bool onlyIfFree, CancellationToken cancellationToken)
    {
        using var buffer = new SegmentBuffer();
        buffer.Append(content);
        await bucket.Objects.PutAsync(key, buffer, ETag.Hash(content), onlyIfFree, null, cancellationToken);
    }

    private HoldfastException Damaged(string message, Exception? cause) =>
        new(
            ErrorCatalog.DestinationUnverified,
            message,
            config.IsCompatible ? "This store cannot be used." : $"Set {S3Config.ModeKey} to \"compatible\", and test again.",
            cause
        );
}
