namespace Holdfast.Browser.Tests.Support;

/// <summary>One server for all tests of a class that only look: databases, a task that ran, and things that are not well.</summary>
public sealed class SharedStudio : IAsyncLifetime
{
    private string _operation = "";
    private string _run = "";
    private string _task = "";

    internal StudioServer Studio { get; private set; } = default!;

    /// <summary>An address, with the ids of an operation, a run and a task where it needs them.</summary>
    internal string Of(string address) =>
        address
            .Replace(Pages.Operation, _operation, StringComparison.Ordinal)
            .Replace(Pages.Run, _run, StringComparison.Ordinal)
            .Replace(Pages.Task, _task, StringComparison.Ordinal);

    public async ValueTask InitializeAsync()
    {
        Studio = await StudioServer.StartAsync();
        await Studio.ProtectAsync();
        await Studio.RunAsync();
        _operation = (string)(await Studio.Server.ListAsync("operations"))[0]["id"]!;
        _run = (string)(await Studio.Server.ListAsync("runs"))[0]["id"]!;
        Studio.Place.Make("tenants/new.db"); // waits for its first backup
        File.WriteAllBytes($"{Studio.Place.Source}/broken.db", [.. "SQLite format 3\0"u8, .. new byte[4080]]);
        await Studio.Server.UntilAsync(async () => (await Studio.Server.ListAsync("alerts")).Count > 0, "no alert was raised");
        _task = await Studio.OrderTaskAsync();
        await Studio.Server.SendAsync(
            HttpMethod.Post,
            "tokens",
            new System.Text.Json.Nodes.JsonObject { ["name"] = "nightly report", ["role"] = "Viewer" }
        );
    }

    public async ValueTask DisposeAsync() => await Studio.DisposeAsync();
}
