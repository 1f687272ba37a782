using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Node.Alerts;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests;

/// <summary>A server whose state is lost reports it, and does not start as a new one.</summary>
[Trait("Category", "Slow")]
public sealed class LostStateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-lost-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("state.db")]
    [InlineData("state.db", "state.id")]
    [InlineData("state.db", "state.id", "node.key")]
    [InlineData("state.db", "state.id", "node.key", "audit.log")]
    public async Task A_server_whose_state_is_missing_does_not_start_as_a_new_one(params string[] missing)
    {
        await using (await TestServer.StartAsync(folder: _folder))
        {
            // only created
        }

        await File.WriteAllTextAsync(Path.Combine(Data, "audit.log"), "{}\n", TestContext.Current.CancellationToken);
        foreach (var name in missing)
        {
            File.Delete(Path.Combine(Data, name));
        }
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => TestServer.StartAsync(folder: _folder));
        Assert.Equal(ErrorCatalog.StateUnavailable, refused.Error);
        Assert.Contains("is missing", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup-state", refused.Hint, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "state.db")));
    }

    [Fact]
    public async Task A_state_removed_while_the_server_runs_raises_an_alert_and_can_still_be_copied_and_used()
    {
        string path;
        await using (var server = await TestServer.StartAsync(folder: _folder))
        {
            using var client = server.Admin();
            await server.WithRoleAsync(Role.Viewer);
            File.Delete(Path.Combine(Data, "state.db"));
            var alerts = server.App.Services.GetRequiredService<AlertMonitor>();
            await NodeServer.UntilAsync(() =>
                Task.FromResult(
                    alerts.Active.Any(a => a.Key == "state-store" && a.Message.Contains("removed or replaced", StringComparison.Ordinal))
                )
            );
            path = (string)(await TestServer.JsonAsync(client.PostAsync("/api/v1/server/state-copies", null)))["path"]!;
        }

        Assert.Equal(
            ["node.key", "state.db", "state.db-wal", "state.id"],
            Directory.EnumerateFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.All(Directory.EnumerateFiles(path), f =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f))
        );
        foreach (var file in Directory.EnumerateFiles(path))
        {
            File.Copy(file, Path.Combine(Data, Path.GetFileName(file)), overwrite: true);
        }
        await using var again = await TestServer.StartAsync(folder: _folder);
        using var admin = again.Admin();
        Assert.Single((await TestServer.JsonAsync(admin.GetAsync("/api/v1/tokens")))["items"]!.AsArray());
    }
}
