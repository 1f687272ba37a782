using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Image;

namespace Holdfast.Engines.Sqlite.Tests.Image;

/// <summary>
/// A failure in the timer that copies an image neither ends the process nor is lost: the next read reports it.
/// </summary>
public sealed class SpoolTimerTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ManualTime _time = new();

    public static TheoryData<Exception> Failures =>
        [
            new InvalidOperationException("odd"),
            new OperationCanceledException("a library's own"),
            new ArithmeticException("as a handle that is gone"),
        ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_copy_that_fails_in_the_timer_is_reported_by_the_next_read(Exception failure)
    {
        var image = new SpooledImage(
            new OddImage(failure),
            new(TimeSpan.FromSeconds(1), 1e6, _folder.Spool, true),
            _time.GetTimestamp(),
            _time
        );
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.Fire();
        var reported = Assert.Throws<HoldfastException>(() => image.Read(0, new byte[image.PageSize]));
        Assert.Equal(failure.Message, reported.Message);
        Assert.True(image.IsReleased);
        _time.Fire();
    }

    [Fact]
    public void A_timer_that_fires_after_disposal_does_nothing()
    {
        var image = new SpooledImage(
            new OddImage(new InvalidOperationException("odd")),
            new(TimeSpan.FromSeconds(1), 1e6, _folder.Spool, true),
            _time.GetTimestamp(),
            _time
        );
        Assert.Throws<InvalidOperationException>(image.Dispose);
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.Fire();
    }

    // Fails on every call.
    private sealed class OddImage(Exception failure) : PinnedImage
    {
        public override int PageSize => 4096;

        public override long PageCount => 16;

        public override bool IsIncompressible => false;

        public override bool BlocksWriters => true;

        public override string? ChangeToken => null;

        public override void Read(long firstPage, Span<byte> pages) => throw failure;

        public override void Dispose() => throw new InvalidOperationException("and letting go fails too");
    }
}
