using System.Diagnostics;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Image;

/// <summary>Prints speeds for a cached file; HOLDFAST_SPEED_MIB sets its size, and without it these tests do not run.</summary>
[Trait("Category", "Slow")]
public sealed class SpeedTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task An_image_is_read_at_memory_speed(bool allInLog, bool withKey)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("HOLDFAST_SPEED_MIB"), out var size))
        {
            Assert.Skip("HOLDFAST_SPEED_MIB is not set.");
        }
        var (name, key) = withKey ? ("app.db", null) : ("app.enc", TestFolder.Key);
        var path = _folder.Make(
            name,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
            key,
            "CREATE TABLE t(id INTEGER PRIMARY KEY, pad BLOB)"
        );
        using var open = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite, key);
        open.Execute("PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=" + (allInLog ? 0 : 1000));
        for (var i = 0; i < size; i++)
        {
            open.Execute(
                "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<1000) INSERT INTO t(pad) SELECT "
                    + "randomblob(1000) FROM s"
            );
        }
        for (var run = 0; run < 3; run++)
        {
            var watch = Stopwatch.StartNew();
            await using var view = await _folder.Open(name);
            var opened = watch.Elapsed;
            var sink = new NullSink();
            await view.WriteAsync(sink, default);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"opened in {opened.TotalMilliseconds:0.0} ms, {sink.Bytes / 1e6:0} MB at "
                    + $"{sink.Bytes / (watch.Elapsed - opened).TotalSeconds / 1e9:0.00} GB/s"
            );
        }

        if (!allInLog)
        {
            return;
        }
        var scan = Stopwatch.StartNew();
        using var file = _folder.Find(name);
        WalScanner.TryRead(file, out var header, default);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"log scanned at {header.FrameCount * 4120L / scan.Elapsed.TotalSeconds / 1e9:0.00} GB/s"
        );
    }

    private sealed class NullSink : Archive.Items.IItemSink
    {
        public long Bytes { get; private set; }

        public Task WriteImageAsync(string name, Archive.Items.IPageImage image, CancellationToken cancellationToken)
        {
            var buffer = new byte[1 << 20];
            var perRead = buffer.Length / image.PageSize;
            for (var page = 0L; page < image.PageCount; page += perRead)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(perRead, image.PageCount - page) * image.PageSize);
                image.Read(page, part);
                Bytes += part.Length;
            }

            return Task.CompletedTask;
        }

        public Task WriteStreamAsync(
            string name,
            long expectedBytes,
            Func<System.IO.Pipelines.PipeWriter, CancellationToken, Task> produce,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();
    }
}
