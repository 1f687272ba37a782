using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd;

/// <summary>A destination that was away is brought up to date, by the server or on request.</summary>
public sealed class RepairTests
{
    [Fact]
    public async Task A_destination_that_was_away_or_is_added_gets_what_it_lacks()
    {
        await using var served = await Served.StartAsync();
        await served.SetUpAsync();
        await served.RunAsync(0, "destination", "put", "offsite", "--path", $"{served.Place.Destination}/offsite");
        var template = Served.Template();
        template["destinations"] = new JsonArray("nas", "offsite");
        template["existingBackups"] = "None"; // so that only the request below copies
        var file = await served.FileAsync("nightly.json", template);
        await served.RunAsync(0, "backup", "--template", "nightly");
        var refused = await served.RunAsync(2, "repair", "--template", "nightly");
        Assert.Contains("has fewer than two destinations", refused.Error, StringComparison.Ordinal);

        await served.RunAsync(0, "server-wide", "put", "nightly", "-f", file);
        await served.RunAsync(2, "repair");
        Assert.Empty(Archives("offsite"));
        var repaired = await served.RunAsync(0, "repair", "--template", "nightly", "--all-chains", "--output", "json");
        Assert.All(repaired.Json["items"]!.AsArray(), o =>
            Assert.Equal(("Repair", "Completed"), ((string?)o!["kind"], (string?)o["state"]))
        );
        Assert.NotEmpty(Archives("nas"));
        Assert.Equal(Archives("nas"), Archives("offsite"));

        // The server repairs what a run could not store by itself.
        Directory.Move($"{served.Place.Destination}/offsite", $"{served.Place.Destination}/away");
        await served.RunAsync(1, "backup", "demo/a.db", "--kind", "full");
        Directory.Move($"{served.Place.Destination}/away", $"{served.Place.Destination}/offsite");
        await served.RunAsync(0, "repair", "demo/a.db");
        Assert.Equal(Archives("nas"), Archives("offsite"));

        string[] Archives(string destination) =>
            [
                .. Directory
                    .GetFiles($"{served.Place.Destination}/{destination}", "*.tar.zst*", SearchOption.AllDirectories)
                    .Select(f => Path.GetRelativePath($"{served.Place.Destination}/{destination}", f))
                    .Order(StringComparer.Ordinal),
            ];
    }
}
