namespace Holdfast.EndToEnd;

/// <summary>Removal of one chain: it is shown first, and only removed as it was shown.</summary>
public sealed class ChainVerbTests
{
    [Fact]
    public async Task A_chain_on_a_path_is_checked_shown_and_only_removed_with_yes()
    {
        using var place = new Workspace();
        place.Make("a.db");
        await place.BackupAsync(0, "snapshot", "full");
        await place.BackupAsync(0, "snapshot", "full");
        var (first, second) = (place.Chains("a.db")[0], place.Chains("a.db")[1]);
        var shown = await place.JsonAsync(2, "chain", "remove", first);
        Assert.Equal((true, false), (shown["whole"]!.GetValue<bool>(), shown["removed"]!.GetValue<bool>()));
        Assert.True(Directory.Exists(first));

        // Damage is reported, and the chain can be removed anyway.
        var archive = Directory.GetFiles(first, "*.tar.zst").Single();
        await using (var file = new FileStream(archive, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }
        Assert.Contains("NOT intact", (await place.HoldfastAsync(2, "chain", "remove", first)).Output, StringComparison.Ordinal);
        Assert.Contains("Removed", (await place.HoldfastAsync(0, "chain", "remove", first, "--yes")).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(first));
        Assert.True(Directory.Exists(second));
        await place.HoldfastAsync(2, "chain", "remove", Path.GetDirectoryName(second)!, "--yes");
        Assert.True(Directory.Exists(second));
        await place.HoldfastAsync(0, "verify", second);
    }

    [Fact]
    public async Task A_chain_of_a_server_is_checked_there_and_its_removal_is_in_the_audit_log()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await served.RunAsync(0, "backup", "--template", "nightly");
        await served.RunAsync(0, "backup", "--template", "nightly");
        var chains = Directory.GetDirectories($"{served.Place.Destination}/nas/demo/a.db").Order(StringComparer.Ordinal).ToList();
        var from = $"destination:nas/demo/a.db/{Path.GetFileName(chains[0])}";
        Assert.Contains("Nothing was removed", (await served.RunAsync(2, "chain", "remove", from)).Output, StringComparison.Ordinal);
        Assert.True(Directory.Exists(chains[0]));
        var removed = await served.JsonAsync(0, "chain", "remove", from, "--yes");
        Assert.Equal((true, true), (removed["whole"]!.GetValue<bool>(), removed["removed"]!.GetValue<bool>()));
        Assert.False(Directory.Exists(chains[0]));
        Assert.True(Directory.Exists(chains[1]));
        Assert.Contains(from, (await served.RunAsync(0, "audit")).Output, StringComparison.Ordinal);
        await served.RunAsync(0, "server", "confirm-clock");
        var copy = (await served.JsonAsync(0, "server", "backup-state"))["path"]!.GetValue<string>();
        Assert.True(File.Exists($"{copy}/state.db") && File.Exists($"{copy}/node.key"));
    }
}
