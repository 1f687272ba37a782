using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Holdfast.Api.Access;
using Holdfast.Server.Metrics;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class MetricsTests
{
    private static readonly Regex Sample = new(
        "^([a-zA-Z_:][a-zA-Z0-9_:]*)"
            + "(?:\\{([a-z]+=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\"(?:,[a-z]+=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\")*)\\})? "
            + "([0-9.eE+-]+)$"
    );

    [Fact]
    public async Task Each_task_of_each_database_has_metrics_whatever_its_name()
    {
        const string hostile = "x\"} 1\nholdfast_failures{database=\"fake\\.db";
        await using var node = await NodeServer.StartAsync(databases: ["a.db", hostile]);
        using var admin = node.Server.Admin();
        await node.CoverAsync(admin, "all \"of\" \\them");
        await NodeServer.BackUpAsync(admin, "demo/a.db");
        await NodeServer.UntilAsync(async () =>
            (await admin.GetStringAsync("/metrics")).Contains("holdfast_backups_running 0\n", StringComparison.Ordinal)
        );
        using var viewer = await node.Server.WithRoleAsync(Role.Viewer);
        var answer = await viewer.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var samples = Parse(await answer.Content.ReadAsStringAsync());
        const string task = "database=\"demo/a.db\",task=\"Server Wide Backup, all \\\"of\\\" \\\\them\"";
        Assert.InRange(
            samples[$"holdfast_last_success_timestamp_seconds{{{task}}}"],
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 600,
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1
        );
        Assert.InRange(samples[$"holdfast_last_duration_seconds{{{task}}}"], 0, 60);
        Assert.True(samples[$"holdfast_last_stored_bytes{{{task}}}"] > 100);
        Assert.Equal(0, samples[$"holdfast_failures{{{task}}}"]);
        Assert.Equal(2, samples.Count(s => s.Key.StartsWith("holdfast_failures{", StringComparison.Ordinal)));
        Assert.Single(samples, s => s.Key.StartsWith("holdfast_last_success", StringComparison.Ordinal));
        Assert.Equal(0, samples["holdfast_backups_waiting"]);
        Assert.Equal(2, samples["holdfast_databases{source=\"demo\"}"]);
        Assert.True(samples["process_resident_memory_bytes"] > 1 << 20);
    }

    [Fact]
    public async Task Alerts_are_counted_by_kind()
    {
        await using var node = await NodeServer.StartAsync(databases: ["a.db", "b.db"]);
        using var admin = node.Server.Admin();
        await NodeServer.UntilAsync(async () =>
            Parse(await admin.GetStringAsync("/metrics"))
                .GetValueOrDefault("holdfast_alerts{kind=\"DatabaseUncovered\",severity=\"Warning\"}") == 2
        );
    }

    [Fact]
    public async Task Metrics_need_a_token_even_from_this_machine()
    {
        await using var node = await NodeServer.StartAsync();
        using var stranger = node.Server.Client();
        var answer = await stranger.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.DoesNotContain("holdfast_", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain/é", "plain/é")]
    [InlineData("a\"b\\c\nd", "a\\\"b\\\\c\\nd")]
    public void A_label_is_escaped(string value, string escaped) => Assert.Equal(escaped, PrometheusWriter.Escape(value));

    private static Dictionary<string, double> Parse(string page)
    {
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        var described = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in page.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('#'))
            {
                Assert.Matches("^# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)$", line);
                described.Add(line.Split(' ')[2]);
                continue;
            }

            var match = Sample.Match(line);
            Assert.True(match.Success, line);
            Assert.Contains(match.Groups[1].Value, described);
            // Each metric occurs once.
            samples.Add(line[..line.LastIndexOf(' ')], double.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture));
        }

        return samples;
    }
}
