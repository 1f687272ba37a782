using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Destinations.Network;
using Holdfast.Node.Alerts;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Supervision;
using Holdfast.Server.Configuration;
using Holdfast.Server.Outgoing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Notifications;

/// <summary>
/// Sends a request to the heartbeat address while the scheduler runs, at most once a minute and at least every two
/// minutes, so that the receiver notices when it stops.
/// </summary>
internal sealed class HeartbeatSender : IHostedService, IDisposable
{
    private const string Key = "heartbeat";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(2); // the scheduler runs at least once a minute

    private readonly AlertMonitor _alerts;
    private readonly Supervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly DeliveryStatus _delivery;
    private readonly Uri? _address;
    private readonly CancellationTokenSource _stop = new();
    private SupervisedLoop? _loop;
    private readonly Channel<byte> _schedulerTicks = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public HeartbeatSender(
        AlertMonitor alerts,
        Supervisor supervisor,
        BackupScheduler scheduler,
        ServerConfig config,
        NotificationDeliveries deliveries,
        TimeProvider time
    )
    {
        (_alerts, _supervisor, _time, _delivery, _address) = (
            alerts,
            supervisor,
            time,
            deliveries.Heartbeat,
            config.Heartbeat is { } heartbeat ? OutgoingAddressPolicy.Validate(heartbeat.Url) : null
        );
        if (_address is not null)
        {
            scheduler.IterationCompleted += () => _schedulerTicks.Writer.TryWrite(0);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_address is not null)
        {
            _loop = _supervisor.Start("heartbeat", MaxSilence, RunAsync, _stop.Token);
        }
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (_loop is not null)
        {
            await _loop.Completion.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(SupervisedLoop loop, CancellationToken stoppingToken)
    {
        using var client = new OutgoingHttpClient();
        long? last = null;
        while (await _schedulerTicks.Reader.WaitToReadAsync(stoppingToken))
        {
            _schedulerTicks.Reader.TryRead(out _);
            loop.CompleteIteration();
            if ((last is { } at && _time.GetElapsedTime(at) < Interval) || _alerts.Active.Any(a => a.Kind == AlertKind.SchedulerStalled))
            {
                continue;
            }
            last = _time.GetTimestamp();
            if (await client.SendAsync(HttpMethod.Get, _address!, null, stoppingToken) is { } problem)
            {
                RecordFailure(problem);
            }
            else
            {
                RecordSuccess();
            }
        }
    }

    private void RecordSuccess()
    {
        _delivery.MarkDelivered(_time.GetUtcNow());
        _alerts.Withdraw(Key);
    }

    private void RecordFailure(string problem)
    {
        _delivery.MarkFailed(problem);
        _alerts.Report(CreateAlert(problem));
    }

    private Alert CreateAlert(string problem) =>
        new()
        {
            Key = Key,
            Kind = AlertKind.HeartbeatFailing,
            Severity = AlertSeverity.Warning,
            Since = _time.GetUtcNow(),
            Subject = AlertSubject.Node,
            Message = $"The heartbeat cannot be delivered: {problem}.",
            Hint = "Check heartbeat.url in holdfast.json. The receiver may conclude that this server is down.",
        };
}
