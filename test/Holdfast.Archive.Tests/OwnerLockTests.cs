namespace Holdfast.Archive.Tests;

/// <summary>Whoever makes something and whoever cleans up after killed processes meet at every moment, and neither harms the other.</summary>
public sealed class OwnerLockTests : IDisposable
{
    private const int Rounds = 2_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-lock-").FullName;

    private string LockPath => Path.Combine(_folder, "work.lock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_lock_that_was_made_is_its_makers_whoever_cleans_up_meanwhile()
    {
        using var end = new CancellationTokenSource();
        var removed = 0;
        var cleaner = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    if (OwnerLock.TryTake(LockPath) is not { } held) continue;
                    File.Delete(LockPath);
                    held.Dispose();
                    removed++;
                }
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < Rounds; i++)
        {
            using var made = OwnerLock.Make(LockPath);
            Assert.True(File.Exists(LockPath), $"round {i}: the file is not there");
            Assert.Null(OwnerLock.TryTake(LockPath));
            File.Delete(LockPath);
        }

        await end.CancelAsync();
        await cleaner;
        TestContext.Current.TestOutputHelper?.WriteLine($"{removed} were removed before they were locked");
    }

    [Fact]
    public void What_a_killed_process_left_can_be_taken()
    {
        File.WriteAllText(LockPath, "");
        using var held = OwnerLock.TryTake(LockPath);
        Assert.NotNull(held);
    }

    [Fact]
    public void What_is_gone_or_a_link_is_not_taken()
    {
        Assert.Null(OwnerLock.TryTake(LockPath));
        File.WriteAllText(LockPath + "2", "");
        File.CreateSymbolicLink(LockPath, LockPath + "2");
        Assert.Throws<IOException>(() => OwnerLock.TryTake(LockPath));
    }

    [Fact]
    public void A_file_that_is_there_is_not_taken_for_ones_own()
    {
        File.WriteAllText(LockPath, "theirs");
        Assert.Throws<IOException>(() => OwnerLock.Make(LockPath));
        Assert.Equal("theirs", File.ReadAllText(LockPath));
    }
}
