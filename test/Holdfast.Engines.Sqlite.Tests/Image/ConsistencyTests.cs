using System.Diagnostics;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Image;

/// <summary>
/// Images made while another process moves money: the sum never changes. With HOLDFAST_SOAK each case lasts 60 s.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ConsistencyTests : IDisposable
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Soak.IsOn ? 60 : 1.5);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("PRAGMA journal_mode=WAL", false, false)]
    [InlineData("PRAGMA journal_mode=WAL", true, true)]
    [InlineData("PRAGMA journal_mode=WAL", true, false)]
    [InlineData("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0", false, false)]
    [InlineData("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0", true, false)]
    [InlineData("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=20", false, false)]
    [InlineData("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=20", true, false)]
    [InlineData("PRAGMA journal_mode=DELETE", false, false)]
    [InlineData("PRAGMA journal_mode=DELETE", true, true)]
    [InlineData("PRAGMA journal_mode=DELETE", true, false)]
    [InlineData("PRAGMA journal_mode=TRUNCATE", false, false)]
    public async Task Every_image_shows_one_moment_while_another_process_writes(string mode, bool encrypted, bool withKey)
    {
        var (name, key) = encrypted ? ("app.enc", TestFolder.Key) : ("app.db", null);
        var path = _folder.Make(name, mode, key);
        using var writer = OtherProcess.Start("move", path, encrypted ? TestFolder.KeyHex : null, mode, "PRAGMA synchronous=NORMAL");
        var watch = Stopwatch.StartNew();
        var (images, lastLog) = (0, 0L);
        while (watch.Elapsed < Duration || lastLog == 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await using (var view = await _folder.Open(name, withKey ? key : null))
            {
                var image = Path.Combine(_folder.Spool, "image");
                await view.WriteAsync(new FileSink(image, 64 << 10, page =>
                    {
                        if (page % 256 == 0)
                        {
                            Task.Delay(5).Wait();
                        }
                    }), default);
                var (sum, log) = TestFolder.Check(image, key);
                Assert.Equal(TestFolder.Total, sum);
                Assert.True(log >= lastLog);
                lastLog = log;
                images++;
            }
        }

        var (commits, worst) = writer.Finish();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{images} images, {commits} commits, the longest {worst} ms, {lastLog} log lines seen"
        );
        Assert.True(images > 0 && commits > 0 && lastLog > 0);
        using var end = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        Assert.Equal(TestFolder.Total, end.QueryInt64("SELECT sum(balance) FROM account"));
    }
}
