using Holdfast.Node.Supervision;
using Holdfast.Server.Hosting;

namespace Holdfast.Server.Tests;

/// <summary>The health check fails only if a restart would help.</summary>
public sealed class HealthTests
{
    [Fact]
    public void A_stalled_loop_that_backups_depend_on_fails_the_health_check()
    {
        Assert.Null(HealthEndpoint.FindProblem(false, [Loop("scheduler", 60), Loop("alerts", 100)]));
        Assert.Equal("alerts is stalled", HealthEndpoint.FindProblem(false, [Loop("scheduler", 60), Loop("alerts", 400)]));
        Assert.Null(HealthEndpoint.FindProblem(false, [Loop("discovery of shop", 4000)]));
        Assert.Equal("stopping", HealthEndpoint.FindProblem(true, []));
    }

    [Fact]
    public async Task The_metrics_contain_the_heartbeat_of_every_loop()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db"]);
        using var admin = node.Server.Admin();
        var metrics = await admin.GetStringAsync("/metrics");
        foreach (
            var loop in (string[])
                ["scheduler", "alerts", "progress", "watchdog", "state writer", "state mirror of templates", "state mirror of users"]
        )
        {
            Assert.Contains($"holdfast_loop_silence_seconds{{loop=\"{loop}\"}} ", metrics, StringComparison.Ordinal);
            Assert.Contains($"holdfast_loop_failures{{loop=\"{loop}\"}} 0\n", metrics, StringComparison.Ordinal);
        }
    }

    private static LoopStatus Loop(string name, double silence) =>
        new(name, default, TimeSpan.FromMinutes(1), 0, null, TimeSpan.FromSeconds(silence));
}
