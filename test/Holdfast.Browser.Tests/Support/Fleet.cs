using System.Text.Json.Nodes;
using Holdfast.Core.Encryption;

namespace Holdfast.Browser.Tests.Support;

/// <summary>
/// A typical server for screenshots: three sources, tasks of both kinds, some history, and a few problems.
/// </summary>
internal static class Fleet
{
    /// <summary>A database with tasks of both kinds.</summary>
    public const string Orders = "shop/orders.db";

    private static readonly string[] Tenants =
    [
        "ash",
        "beech",
        "birch",
        "cedar",
        "elm",
        "hazel",
        "larch",
        "maple",
        "oak",
        "pine",
        "rowan",
        "willow",
    ];

    /// <summary>Starts the server and runs its backups.</summary>
    public static async Task<StudioServer> StartAsync()
    {
        var studio = await StudioServer.StartAsync(Prepare, Configure);
        var server = studio.Server;
        await server.SendAsync(HttpMethod.Put, "destinations/nas", Local($"{studio.Place.Destination}/nas"));
        await server.SendAsync(HttpMethod.Put, "destinations/vault", Local($"{studio.Place.Destination}/vault"));
        await server.SendAsync(
            HttpMethod.Put,
            $"database-keys/{Uri.EscapeDataString("shop/billing.enc.db")}",
            new JsonObject { ["passphrase"] = "only for screenshots" }
        );
        await server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/nightly",
            Task("Snapshot", "0 2 * * 0", "0 2 * * 1-6", 30, ["nas", "vault"], ["archive/*"])
        );
        await server.SendAsync(
            HttpMethod.Put,
            "server-wide-backups/monthly%20logical",
            Task("Backup", "0 4 1 * *", null, 365, ["vault"], ["archive/*", "tenants/*"])
        );
        var hourly = await studio.OrderTaskAsync(Orders);
        await RunAsync(server, "nightly", "Full");
        await RunAsync(server, "monthly%20logical", "Full");
        for (var round = 1; round <= 3; round++)
        {
            foreach (var name in (string[])["orders.db", "customers.db", "sessions.db"])
            {
                studio.Place.Sql(
                    name,
                    $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{40 * round}) INSERT INTO t(v, s) "
                        + "SELECT randomblob(1000), 'more' FROM n"
                );
            }
            await RunAsync(server, "nightly", "Incremental");
        }

        foreach (var kind in (string[])["Full", "Incremental"])
        {
            await server.SendAsync(
                HttpMethod.Post,
                $"databases/{Uri.EscapeDataString(Orders)}/tasks/{hourly}/backup",
                new JsonObject { ["kind"] = kind }
            );
        }
        await server.QuietAsync();
        await server.SendAsync(HttpMethod.Post, "backups/verify", new JsonObject { ["from"] = Orders });
        await server.QuietAsync();
        File.WriteAllBytes($"{studio.Place.Source}/imports.db", [.. "SQLite format 3\0"u8, .. new byte[4080]]); // not a valid database
        foreach (var name in (string[])["nas", "vault"])
        {
            await server.SendAsync(HttpMethod.Post, $"destinations/{name}/test");
        }
        await server.SendAsync(HttpMethod.Post, "tokens", new JsonObject { ["name"] = "nightly report", ["role"] = "Viewer" });
        foreach (var (name, role) in ((string, string)[])[("jo", "Operator"), ("sam", "Viewer")])
        {
            await server.SendAsync(
                HttpMethod.Put,
                $"users/{name}",
                new JsonObject { ["role"] = role, ["password"] = StudioServer.Password }
            );
        }
        await server.UntilAsync(
            async () => (await server.ListAsync("alerts")).Any(a => (string)a["kind"]! == "DatabaseUnreadable"),
            "the broken database was not discovered"
        );
        return studio;
    }

    private static void Prepare(Workspace place)
    {
        foreach (
            var (name, rows) in ((string, int)[])[("articles.db", 900), ("customers.db", 2400), ("orders.db", 5200), ("sessions.db", 300)]
        )
        {
            place.Make(name, rows, mode: "wal");
        }
        place.Make("billing.enc.db", 700, key: DatabaseKey.FromPassphrase("only for screenshots"));
        foreach (var (i, name) in Tenants.Index())
        {
            place.Make($"../tenants/{name}.db", 60 + (i * 35 % 200), mode: "wal");
        }
        foreach (var year in (int[])[2024, 2025])
        {
            place.Make($"../archive/{year}.db", 1200);
        }
    }

    private static void Configure(Workspace place, JsonObject config)
    {
        config["sources"] = new JsonArray(
            new JsonObject
            {
                ["name"] = "shop",
                ["engine"] = "sqlite",
                ["path"] = place.Source,
                ["encrypted"] = new JsonArray("*.enc.db"),
            },
            new JsonObject
            {
                ["name"] = "tenants",
                ["engine"] = "sqlite",
                ["path"] = $"{place.Root}/tenants",
            },
            new JsonObject
            {
                ["name"] = "archive",
                ["engine"] = "sqlite",
                ["path"] = $"{place.Root}/archive",
            }
        );
    }

    private static JsonObject Local(string path) => new() { ["kind"] = "local", ["path"] = path };

    private static JsonObject Task(string type, string? full, string? incremental, int days, string[] destinations, string[] excluded)
    {
        var task = new JsonObject
        {
            ["type"] = type,
            ["timeZone"] = "UTC",
            ["destinations"] = new JsonArray([.. destinations.Select(d => JsonValue.Create(d))]),
            ["retention"] = new JsonObject { ["minimumAgeDays"] = days },
            ["excluded"] = new JsonArray([.. excluded.Select(e => JsonValue.Create(e))]),
        };
        if (full is not null)
        {
            task["fullBackup"] = full;
        }
        if (incremental is not null)
        {
            task["incrementalBackup"] = incremental;
        }
        return task;
    }

    private static async Task RunAsync(ServerProcess server, string template, string kind)
    {
        await server.SendAsync(HttpMethod.Post, $"server-wide-backups/{template}/backup", new JsonObject { ["kind"] = kind });
        await server.QuietAsync();
    }
}
