namespace Holdfast.Archive.Tests;

/// <summary>Creators and cleanups after killed processes run concurrently without harming each other.</summary>
public sealed class OwnerLockTests : IDisposable
{
    private const int Rounds = 2_000,
        MostRounds = 1_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-lock-").FullName;

    private string LockPath => Path.Combine(_folder, "work.lock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_created_lock_survives_a_concurrent_cleanup()
    {
        using var end = new CancellationTokenSource();
        var removed = 0;
        var cleaner = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    if (OwnerLock.TryAcquire(LockPath) is not { } held)
                    {
                        continue;
                    }
                    File.Delete(LockPath);
                    held.Dispose();
                    removed++;
                }
            },
            TestContext.Current.CancellationToken
        );
        try
        {
            // Until they have raced at the critical moment, which can take long while other tests use the CPU.
            for (var i = 0; i < Rounds || (Volatile.Read(ref removed) == 0 && i < MostRounds); i++)
            {
                using var made = OwnerLock.AcquireNew(LockPath);
                Assert.True(File.Exists(LockPath), $"round {i}: the file is not there");
                Assert.Null(OwnerLock.TryAcquire(LockPath));
                File.Delete(LockPath);
            }
        }
        finally
        {
            await end.CancelAsync();
            await cleaner;
        }

        Assert.True(removed > 0, "none was removed before it was locked");
    }

    [Fact]
    public void A_renamed_or_replaced_file_does_not_have_its_name()
    {
        using var held = OwnerLock.AcquireNew(LockPath);
        Assert.True(OwnerLock.HasName(held, LockPath));
        File.Move(LockPath, Path.Combine(_folder, ".nfs0001")); // as NFS does when an open file is removed
        Assert.False(OwnerLock.HasName(held, LockPath));
        File.WriteAllText(LockPath, "another's");
        Assert.False(OwnerLock.HasName(held, LockPath));
        File.Delete(LockPath);
        File.CreateSymbolicLink(LockPath, Path.Combine(_folder, ".nfs0001"));
        Assert.False(OwnerLock.HasName(held, LockPath));
    }

    [Fact]
    public void A_name_that_ends_with_deleted_is_valid()
    {
        using var held = OwnerLock.AcquireNew(LockPath + " (deleted)");
        Assert.True(File.Exists(LockPath + " (deleted)"));
    }

    [Fact]
    public void The_lock_of_a_killed_process_can_be_taken()
    {
        File.WriteAllText(LockPath, "");
        using var held = OwnerLock.TryAcquire(LockPath);
        Assert.NotNull(held);
    }

    [Fact]
    public void A_missing_file_or_a_link_is_not_taken()
    {
        Assert.Null(OwnerLock.TryAcquire(LockPath));
        File.WriteAllText(LockPath + "2", "");
        File.CreateSymbolicLink(LockPath, LockPath + "2");
        Assert.Throws<IOException>(() => OwnerLock.TryAcquire(LockPath));
    }

    [Fact]
    public void An_existing_file_is_not_taken_for_a_new_lock()
    {
        File.WriteAllText(LockPath, "theirs");
        Assert.Throws<IOException>(() => OwnerLock.AcquireNew(LockPath));
        Assert.Equal("theirs", File.ReadAllText(LockPath));
    }
}
