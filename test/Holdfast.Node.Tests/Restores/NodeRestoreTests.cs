using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Tests.Restores;

/// <summary>Restores on a whole node.</summary>
public sealed class NodeRestoreTests : NodeTestBase
{
    [Fact]
    public async Task Saving_a_source_during_a_restore_does_not_fail_the_restore()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var hold = new TaskCompletionSource();
        Source.HoldCommit = hold.Task;
        var operation = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await UntilAsync(() => Source.Commits == 1);
        var next = new FakeSource();
        foreach (var (name, bytes) in Source.Databases)
        {
            next.Databases[name] = bytes;
        }
        await Node.Sources.AttachAsync(new("fake", next, true), Token);
        Assert.False(Source.IsDisposed);
        hold.SetResult();
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal((OperationState.Completed, null), (operation.Current.State, operation.Current.Error));
        await UntilAsync(() => Source.IsDisposed);
    }

    [Fact]
    public async Task A_restored_database_is_covered_at_once()
    {
        await PutAsync(Template());
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        var operation = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, operation.Current.State);
        Assert.Equal(Source.Databases["a"], Source.Databases["again"]);
        Assert.Single(Node.Tasks.Of(new("fake", "again")));
        Assert.Equal(
            ErrorCatalog.TargetExists,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "b") }, "tester", Token)
                )
            ).Error
        );
    }

    [Fact]
    public async Task An_encrypted_backup_is_restored_only_with_the_key_that_the_server_stores()
    {
        var given = AgeIdentity.Generate();
        var template = Template();
        template = template with
        {
            Settings = template.Settings with
            {
                Encryption = new()
                {
                    Mode = Core.Encryption.EncryptionMode.Key,
                    Recipients = [given.Recipient.ToString()],
                    EncryptSnapshots = true,
                },
            },
        };
        await PutAsync(template);
        await ToAsync("2026-11-25T11:00:00Z");
        await BackedUpAsync("a", "b");
        Assert.All(Archives(), a => Assert.EndsWith(".age", a, StringComparison.Ordinal));
        var without = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await without.Completion.WaitAsync(Patience, Token);
        Assert.Equal((OperationState.Failed, "key-missing"), (without.Current.State, without.Current.Error!.Code));
        await Node.ArchiveKeys.PutAsync(template.Id, given, Token);
        var with = await Node.RestoreAsync(new() { From = "fake/a", Target = new("fake", "again") }, "tester", Token);
        await with.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, with.Current.State);
        Assert.Equal(Source.Databases["a"], Source.Databases["again"]);
    }
}
