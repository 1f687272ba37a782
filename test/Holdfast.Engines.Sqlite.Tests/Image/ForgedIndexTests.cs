using System.Diagnostics;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Tests.Image;

/// <summary>Claims of a log's index are checked against the log.</summary>
[Collection(nameof(Alone))]
public sealed class ForgedIndexTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_index_that_claims_more_frames_than_its_log_allocates_no_memory()
    {
        var path = _folder.Make("app.db", "PRAGMA journal_mode=WAL");
        using var app = OtherProcess.Start("hold", path, null, "PRAGMA wal_autocheckpoint=0", "UPDATE account SET balance = balance");
        using (var tenant = Process.Start("python3", ["-c", Forge, path, "2000000000"]))
        {
            await tenant.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        var before = GC.GetTotalAllocatedBytes();
        await Assert.ThrowsAsync<HoldfastException>(() =>
            _folder.Open("app.db", tuning: new() { BusyTimeout = TimeSpan.FromMilliseconds(100) })
        );
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    private const string Forge = """
        import os, struct, sys
        frames = int(sys.argv[2])
        f = open(sys.argv[1] + '-shm', 'r+b'); h = bytearray(f.read(48)); struct.pack_into('<I', h, 16, frames)
        a = b = 0
        for i in range(0, 40, 8):
            x, y = struct.unpack_from('<II', h, i); a = (a + x + b) & 0xffffffff; b = (b + y + a) & 0xffffffff
        struct.pack_into('<II', h, 40, a, b)
        os.ftruncate(f.fileno(), (frames // 4096 + 2) * 32768); os.pwrite(f.fileno(), bytes(h), 0); os.pwrite(f.fileno(), bytes(h), 48)
        os.truncate(sys.argv[1] + '-wal', 32 + frames * 4120)
        """;
}
