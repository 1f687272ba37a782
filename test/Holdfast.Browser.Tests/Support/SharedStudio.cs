namespace Holdfast.Browser.Tests.Support;

/// <summary>A server for all tests of a class that only read: databases, a completed run, and some problems.</summary>
public sealed class SharedStudio : IAsyncLifetime
{
    private string _operation = "";
    private string _run = "";
    private string _task = "";

    internal StudioServer Studio { get; private set; } = default!;

    /// <summary>A URL with its placeholders replaced by ids.</summary>
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
        Studio.Place.Make("tenants/new.db"); // has no backup yet
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
