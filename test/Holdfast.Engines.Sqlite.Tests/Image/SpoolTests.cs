using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Image;

[Trait("Category", "Slow")]
public sealed class SpoolTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writers_of_a_rollback_database_continue_although_the_destination_is_slow(bool encrypted)
    {
        var (name, key) = encrypted ? ("app.enc", TestFolder.Key) : ("app.db", null);
        var path = _folder.Make(name, key: key);
        await using var view = await _folder.Open(
            name,
            config: _folder.Config("*.enc") with
            {
                MaxWriterWait = TimeSpan.FromMilliseconds(200),
            },
            tuning: new() { MaxColdCopy = 0 }
        );
        var image = Path.Combine(_folder.Spool, "image");
        var waited = false;
        await view.WriteAsync(new FileSink(image, 64 << 10, page =>
            {
                if (waited || page == 0)
                {
                    return;
                }
                waited = true;
                using var writer = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key, TimeSpan.FromSeconds(10));
                // nobody reads meanwhile: only the timer can let the writer continue, otherwise it fails as busy
                writer.Execute("UPDATE account SET balance=0");
            }), default);
        Assert.True(waited);
        Assert.Equal((TestFolder.Total, 0), TestFolder.Check(image, key));
        Assert.Equal([image], Directory.GetFiles(_folder.Spool));
    }

    [Fact]
    public async Task The_pin_is_released_after_the_last_page_and_not_with_the_view()
    {
        var path = _folder.Make("app.db");
        await using var view = await _folder.Open("app.db");
        Assert.Equal(SqliteConstants.Busy, OtherProcess.Try(path, "BEGIN EXCLUSIVE"));
        await _folder.WriteImage(view);
        Assert.Equal(SqliteConstants.Ok, OtherProcess.Try(path, "BEGIN EXCLUSIVE"));
    }

    [Fact]
    public async Task Remaining_pages_are_copied_when_the_time_is_up_and_read_from_the_copy()
    {
        var path = _folder.Make("app.db");
        var expected = File.ReadAllBytes(path);
        var time = new ManualTime();
        using var file = _folder.Find("app.db");
        var (inner, _) = await LockedImageOpener.OpenAsync(file, false, null, _folder.Config(), new(), TimeProvider.System, default);
        using var image = new SpooledImage(
            inner,
            new(TimeSpan.FromSeconds(5), inner.Length, _folder.Spool, true),
            time.GetTimestamp(),
            time
        ); // copying all of it would take 1 s
        var actual = new byte[expected.Length];
        var step = 16 * image.PageSize;
        image.Read(0, actual.AsSpan(0, step));
        Assert.False(image.UsesSpool);
        time.Advance(TimeSpan.FromSeconds(4.5));
        for (var offset = step; offset < actual.Length; offset += step)
        {
            image.Read(offset / image.PageSize, actual.AsSpan(offset, Math.Min(step, actual.Length - offset)));
            Assert.True(image.UsesSpool && image.IsReleased);
        }

        Assert.Equal(expected, actual);
        Assert.Empty(Directory.GetFiles(_folder.Spool)); // it has no name
    }

    [Fact]
    public async Task A_read_mark_is_released_only_if_there_is_room_for_the_copy()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        var time = new ManualTime();
        foreach (var (folder, spools) in ((string, bool)[])[("/proc", false), (_folder.Spool, true)]) // /proc has no free bytes
        {
            using var file = _folder.Find("app.db");
            var (inner, _) = await LockedImageOpener.OpenAsync(file, false, null, _folder.Config(), new(), TimeProvider.System, default);
            using var image = new SpooledImage(inner, new(TimeSpan.FromSeconds(30), 1, folder, false), time.GetTimestamp(), time);
            image.Read(0, new byte[image.PageSize]);
            Assert.False(image.UsesSpool);
            time.Advance(TimeSpan.FromSeconds(31));
            image.Read(1, new byte[image.PageSize]);
            Assert.Equal(spools, image.UsesSpool);
        }
    }

    [Fact]
    public async Task A_full_spool_folder_is_reported_before_anything_is_copied()
    {
        _folder.Make("app.db");
        var failure = await Assert.ThrowsAsync<HoldfastException>(async () =>
        {
            await using var view = await _folder.Open(
                "app.db",
                config: _folder.Config() with
                {
                    MaxWriterWait = TimeSpan.Zero,
                    SpoolFolder = "/proc",
                }
            );
            await _folder.WriteImage(view);
        });
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains("free", failure.Message);
        Assert.Equal(SqliteConstants.Ok, OtherProcess.Try(_folder["app.db"], "BEGIN EXCLUSIVE"));
    }
}
