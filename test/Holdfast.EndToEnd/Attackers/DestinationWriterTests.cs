using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>
/// An attacker who can write to a destination, but to nothing else of the server: nothing elsewhere is deleted, nothing
/// is blocked, and nothing forged is restored.
/// </summary>
public sealed class DestinationWriterTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly Workspace _place = new();
    private ServerProcess _server = null!;

    private string Nas => $"{_place.Destination}/nas";

    private string Outside => $"{_place.Root}/outside";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_place.Destination);
        foreach (var name in (string[])["a.db", "b.db"])
        {
            _place.Make(name, rows: 50);
        }
        _server = new(_place.Root, $"{_place.Root}/node", _place.Source, _place.Destination);
        await _server.StartAsync();
        await _server.SendAsync(HttpMethod.Put, "destinations/nas", new JsonObject { ["kind"] = "local", ["path"] = Nas });
        await _server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/all",
            new JsonObject
            {
                ["type"] = "Snapshot",
                ["fullBackup"] = "0 0 29 2 *",
                ["incrementalBackup"] = "0 0 29 2 *",
                ["timeZone"] = "UTC",
                ["retention"] = new JsonObject { ["minimumAgeDays"] = 1 },
                ["destinations"] = new JsonArray("nas"),
            }
        );
        await BackUpAsync();
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        _place.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Retention_follows_no_link_out_of_the_destination()
    {
        // A chain that is old enough to be deleted, but is a link to a chain elsewhere.
        var chain = Chain("a.db");
        var old = "2026-01-01-00-00-00" + Path.GetFileName(chain)[19..];
        Directory.CreateDirectory(Outside);
        Copy(chain, $"{Outside}/{old}", "2026-01-01-00-00-00");
        var kept = Directory.GetFiles($"{Outside}/{old}").Length;
        Directory.CreateSymbolicLink($"{Nas}/local/a.db/{old}", $"{Outside}/{old}");
        // The same with a folder that is replaced during the deletion.
        var real = "2026-01-02-00-00-00" + Path.GetFileName(chain)[19..];
        Copy(chain, $"{Nas}/local/a.db/{real}", "2026-01-02-00-00-00");
        await BackUpAsync();
        Assert.False(Directory.Exists($"{Nas}/local/a.db/{real}"), "retention deleted nothing at all");
        Assert.Equal(kept, Directory.GetFiles($"{Outside}/{old}").Length);
    }

    [Fact]
    public async Task A_pipe_that_replaces_an_archive_blocks_no_reader()
    {
        var archive = Directory.GetFiles(Chain("a.db"), "*.tar.zst").Single();
        File.Delete(archive);
        using (var mkfifo = Process.Start("mkfifo", archive))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        foreach (
            var path in (string[])
                ["backups?from=local%2Fa.db", "backups/chains?from=destination%3Anas", "backups/databases?from=destination%3Anas"]
        )
        {
            await _server.GetAsync(path).WaitAsync(Soon, TestContext.Current.CancellationToken);
        }
        var verified = await _server.SendAsync(HttpMethod.Post, "backups/verify", new JsonObject { ["from"] = "local/a.db" });
        var ended = await _server
            .EndedAsync(verified!["operationId"]!.GetValue<string>())
            .WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.Equal("Failed", ended["state"]!.GetValue<string>());
        await BackUpAsync(); // starts a new chain
    }

    [Fact]
    public async Task An_archive_that_was_replaced_by_one_of_another_database_is_not_restored()
    {
        var (own, other) = (Chain("a.db"), Chain("b.db"));
        var archive = Directory.GetFiles(own, "*.tar.zst").Single();
        File.Copy(Directory.GetFiles(other, "*.tar.zst").Single(), archive, overwrite: true);
        var answer = await _server.TryAsync(
            HttpMethod.Post,
            "restores",
            new JsonObject { ["from"] = "local/a.db", ["target"] = "local/back.db" }
        );
        if (answer!.IsSuccess)
        {
            Assert.Equal(
                "Failed",
                (await _server.EndedAsync(answer.Body!["operationId"]!.GetValue<string>()))["state"]!.GetValue<string>()
            );
        }
        Assert.False(File.Exists($"{_place.Source}/back.db"));
    }

    [Fact]
    public async Task Links_that_replace_a_database_folder_or_the_instructions_are_not_followed()
    {
        Directory.CreateDirectory(Outside);
        await File.WriteAllTextAsync($"{Outside}/victim", "victim", TestContext.Current.CancellationToken);
        Directory.Delete($"{Nas}/local/a.db", recursive: true);
        Directory.CreateSymbolicLink($"{Nas}/local/a.db", Outside);
        File.Delete($"{Nas}/restore.py");
        File.CreateSymbolicLink($"{Nas}/restore.py", $"{Outside}/victim");
        await _server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup", new JsonObject { ["kind"] = "Full" });
        await _server.QuietAsync();
        Assert.Equal([$"{Outside}/victim"], Directory.GetFileSystemEntries(Outside));
        Assert.Equal("victim", await File.ReadAllTextAsync($"{Outside}/victim", TestContext.Current.CancellationToken));
        var database = (await _server.ListAsync("databases")).Single(d => d["name"]!.GetValue<string>() == "a.db");
        Assert.NotEqual("Covered", database["state"]!.GetValue<string>());
    }

    private static void Copy(string chain, string to, string time)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(chain))
        {
            File.Copy(file, $"{to}/{time}{Path.GetFileName(file)[19..]}");
        }
    }

    private string Chain(string database) => Directory.GetDirectories($"{Nas}/local/{database}").Order(StringComparer.Ordinal).Last();

    private async Task BackUpAsync()
    {
        await _server.SendAsync(HttpMethod.Post, "server-wide-backups/all/backup", new JsonObject { ["kind"] = "Full" });
        await _server.QuietAsync();
        foreach (var failed in (await _server.ListAsync("operations?limit=10")).Where(o => o["kind"]!.GetValue<string>() == "Backup"))
        {
            Assert.True(failed["state"]!.GetValue<string>() == "Completed", failed.ToJsonString());
        }
    }
}
