using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite.Tests.Image;

/// <summary>
/// A tenant forges a journal that appears to be left by a crash. SQLite, when it rolls it back, would follow the file
/// name in it: the super-journal of a transaction over several databases, which is deleted when none of them needs it
/// any more.
/// </summary>
public sealed class JournalTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestFolder _other = new();

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task A_forged_journal_does_not_delete_the_files_that_it_names(BackupType type)
    {
        var path = _folder.Make("app.db");
        var victim = _other["victim.txt"];
        await File.WriteAllTextAsync(victim, "of somebody else", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            path + "-journal",
            ForgedJournal.Naming(victim, new FileInfo(path).Length),
            TestContext.Current.CancellationToken
        );
        await using (var view = await _folder.Open("app.db", type: type))
        {
            await _folder.WriteImage(view);
        }
        Assert.False(File.Exists(path + "-journal"), "it was not rolled back at all");
        Assert.Equal("of somebody else", await File.ReadAllTextAsync(victim, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_journal_that_names_a_pipe_does_not_block()
    {
        var path = _folder.Make("app.db");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", _other["pipe"]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        await File.WriteAllBytesAsync(
            path + "-journal",
            ForgedJournal.Naming(_other["pipe"], new FileInfo(path).Length),
            TestContext.Current.CancellationToken
        );
        await using var view = await _folder.Open("app.db").WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(Path.Exists(_other["pipe"]));
    }
}
