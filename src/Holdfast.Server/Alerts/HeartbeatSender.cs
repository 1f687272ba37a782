using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Node;
using Holdfast.Node.Supervision;
using Holdfast.Server.Addresses;
using Holdfast.Server.Configuration;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Alerts;

/// <summary>
/// Calls the heartbeat's address while the scheduler turns, so that whoever listens there notices when it no longer
/// does: at most once a minute, and at least every two.
/// </summary>
internal sealed class HeartbeatSender : IHostedService, IDisposable
{
    private const string Key = "heartbeat";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2); // the scheduler turns once a minute at least

    private readonly HoldfastNode _node;
    private readonly TimeProvider _time;
    private readonly Delivery _delivery;
    private readonly Uri? _address;
    private readonly CancellationTokenSource _stop = new();
    private SupervisedLoop? _loop;
    private readonly Channel<byte> _turned = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public HeartbeatSender(HoldfastNode node, ServerConfig config, Deliveries deliveries, TimeProvider time)
    {
        (_node, _time, _delivery, _address) = (
            node,
            time,
            deliveries.Heartbeat,
            config.Heartbeat is { } heartbeat ? OutgoingAddress.Check(heartbeat.Url) : null
        );
        if (_address is not null)
        {
            node.SchedulerTurned += () => _turned.Writer.TryWrite(0);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_address is not null)
        {
            _loop = _node.Supervisor.Start("heartbeat", Longest, RunAsync, _stop.Token);
        }
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (_loop is not null)
        {
            await _loop.Ended.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(SupervisedLoop loop, CancellationToken stoppingToken)
    {
        using var client = new OutgoingClient();
        long? last = null;
        while (await _turned.Reader.WaitToReadAsync(stoppingToken))
        {
            _turned.Reader.TryRead(out _);
            loop.Beat();
            if (
                (last is { } at && _time.GetElapsedTime(at) < Interval) || _node.Alerts.Items.Any(a => a.Kind == AlertKind.SchedulerStalled)
            )
            {
                continue;
            }
            last = _time.GetTimestamp();
            if (await client.CallAsync(HttpMethod.Get, _address!, null, stoppingToken) is { } problem)
            {
                Fail(problem);
            }
            else
            {
                Succeed();
            }
        }
    }

    private void Succeed()
    {
        _delivery.Taken(_time.GetUtcNow());
        _node.Alerts.Withdraw(Key);
    }

    private void Fail(string problem)
    {
        _delivery.Failed(problem);
        _node.Alerts.Report(Failing(problem));
    }

    private Alert Failing(string problem) =>
        new()
        {
            Key = Key,
            Kind = AlertKind.HeartbeatFailing,
            Severity = AlertSeverity.Warning,
            Since = _time.GetUtcNow(),
            Subject = AlertSubject.Node,
            Message = $"The heartbeat does not arrive: {problem}.",
            Hint = "See heartbeat.url in holdfast.json. Whoever listens there may think that this server is down.",
        };
}
