using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Payload;
using Holdfast.Archive.Frames;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

[Trait("Category", "Slow")]
public sealed class DamageTests
{
    private const int Seed = 20261123;
    private const int PageSize = 512;

    private static readonly AgeIdentity Key = AgeIdentity.FromBytes(
        new byte[32]
            .Select((_, i) => (byte)i)
            .ToArray()
    );

    private static int _flips;
    private static int _cuts;
    private static int _unseen;

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task A_flipped_bit_is_detected_and_never_gives_wrong_content(BackupType type, bool encrypted)
    {
        var (chain, points) = await SmallChainAsync(type, encrypted);
        for (var point = 0; point < points.Count; point++)
        {
            var (whole, expected) = (chain.Archives[point], points[point]);
            await Parallel.ForEachAsync(Damage.Flips(whole.Length, 700, Seed + point), async (flip, _) =>
            {
                var what =
                    $"{type}, encrypted {encrypted}, archive {point} of {whole.Length} bytes, byte {flip.At} xor "
                    + $"{flip.Mask:X2}, seed {Seed}";
                try
                {
                    var damaged = Damage.Flip(whole, flip.At, flip.Mask);
                    Interlocked.Increment(ref _flips);
                    var verified = await Damage.VerifyAsync(damaged, chain.Keys);
                    if (verified is null)
                    {
                        Interlocked.Increment(ref _unseen);
                    }
                    Assert.True(
                        verified is null ? !encrypted : Damage.ValidErrors.Contains(verified.Error),
                        $"{what}: verified as {verified?.Error.Code ?? "whole"}"
                    );
                    var (fault, content) = await Damage.ReadAsync([.. chain.Archives[..point], damaged], chain.Keys);
                    if (fault is null)
                    {
                        Assert.True(content.AsSpan().SequenceEqual(expected), $"{what}: wrong content");
                    }
                    else
                    {
                        Assert.True(Damage.ValidErrors.Contains(fault.Error), $"{what}: told as {fault.Error.Code}");
                    }
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{what}: {e}");
                }
            });
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{_flips} flips so far, {_unseen} of them seen by no check");
    }

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task A_truncated_archive_is_reported_as_truncated(BackupType type, bool encrypted)
    {
        var (chain, points) = await SmallChainAsync(type, encrypted);
        for (var point = 0; point < points.Count; point++)
        {
            var whole = chain.Archives[point];
            await Parallel.ForEachAsync(Damage.Cuts(whole.Length, 700, Seed + point), async (length, _) =>
            {
                Interlocked.Increment(ref _cuts);
                var fault = await Damage.VerifyAsync(whole[..length], chain.Keys);
                // One truncation in 512 keeps the remainder modulo 512 of complete streams: docs/format.md, section 8.
                var looksWhole = SeekTable.CanBeLength(encrypted ? PlainLength(length) : length);
                Assert.True(
                    fault?.Error == ErrorCatalog.Truncated || (looksWhole && fault?.Error == ErrorCatalog.Corrupt),
                    $"{type}, encrypted {encrypted}, archive {point} of {whole.Length} bytes cut at {length}, seed {Seed}: "
                        + $"{fault?.Error.Code ?? "whole"}, {fault?.Message}"
                );
            });
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{_cuts} cuts so far");
    }

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task A_damaged_index_never_leads_to_a_wrong_incremental(BackupType type, bool encrypted)
    {
        var (chain, points) = await SmallChainAsync(type, encrypted);
        byte[] back = [.. points[0], .. points[1][points[0].Length..]];
        for (var at = 0; at < chain.Indexes.Count; at++)
        {
            var whole = chain.Indexes[at];
            var damages = Damage
                .Flips(whole.Length, 250, Seed + at)
                .Select(f => (What: $"byte {f.At} xor {f.Mask:X2}", Bytes: Damage.Flip(whole, f.At, f.Mask)))
                .Concat(Damage.Cuts(whole.Length, 150, Seed + at).Select(length => (What: $"cut at {length}", Bytes: whole[..length])));
            await Parallel.ForEachAsync(damages, async (damage, _) =>
            {
                var what = $"{type}, encrypted {encrypted}, index {at} of {whole.Length} bytes, {damage.What}, seed {Seed}";
                try
                {
                    // The changes of the second point are reverted: an index without the second point would omit them.
                    var next = chain.Copy();
                    next.Indexes[at] = damage.Bytes;
                    var fault = await Damage.FaultOfAsync(async _ => await next.AddAsync(type, back, PageSize));
                    Assert.True(
                        fault is null || fault.Error == ErrorCatalog.Corrupt || fault.Error == ErrorCatalog.Truncated,
                        $"{what}: reported as {fault?.Error.Code}"
                    );
                    Assert.True(fault is not null, $"{what}: not noticed");
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{what}: {e}");
                }
            });
        }
    }

    private static long PlainLength(int stored)
    {
        const int HeaderAndNonce = 2048 + 16;
        return AgeLayout.TryOf(stored - HeaderAndNonce)?.Length ?? 0;
    }

    private static async Task<(Chain Chain, List<byte[]> Points)> SmallChainAsync(BackupType type, bool encrypted)
    {
        var chain = encrypted ? new Chain(type, AgeProtection.ToRecipients([Key.Recipient]), AgeKeys.None.Add(Key)) : new Chain(type);
        var random = new Random(Seed);
        var first = new byte[7 * PageSize];
        random.NextBytes(first.AsSpan(0, 3 * PageSize));
        byte[] second = [.. first, .. new byte[PageSize]];
        random.NextBytes(second.AsSpan(PageSize, PageSize));
        second[^1] = 7;
        await chain.AddAsync(type, first, PageSize);
        await chain.AddAsync(type, second, PageSize);
        return (chain, [first, second]);
    }
}
