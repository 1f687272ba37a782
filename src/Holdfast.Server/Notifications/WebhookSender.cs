using System.Net.Http.Json;
using System.Threading.Channels;
using Holdfast.Api.Alerts;
using Holdfast.Core.Alerts;
using Holdfast.Destinations.Network;
using Holdfast.Node;
using Holdfast.Node.Alerts;
using Holdfast.Node.Supervision;
using Holdfast.Server.Configuration;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.Outgoing;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Notifications;

/// <summary>
/// Sends new and ended alerts to the webhook, in order. If it does not accept them, they wait; if too many wait, the
/// oldest are dropped.
/// </summary>
internal sealed class WebhookSender : IHostedService, IDisposable
{
    private const string Key = "webhook";
    private const int Capacity = 10_000;
    private const int MaxBatchSize = 200;
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan[] RetryDelays =
    [
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
    ];

    private readonly AlertMonitor _alerts;
    private readonly Supervisor _supervisor;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly DeliveryStatus _delivery;
    private readonly Uri? _address;
    private readonly Channel<(Alert Alert, bool IsEnd)> _queue;
    private readonly CancellationTokenSource _stop = new();
    private SupervisedLoop? _loop;
    private int _dropped;

    public WebhookSender(
        AlertMonitor alerts,
        Supervisor supervisor,
        NodeSettings settings,
        ServerConfig config,
        NotificationDeliveries deliveries,
        TimeProvider time
    )
    {
        (_alerts, _supervisor, _node, _time, _delivery, _address) = (
            alerts,
            supervisor,
            settings.Tag,
            time,
            deliveries.Webhook,
            config.Webhook is { } webhook ? OutgoingAddressPolicy.Validate(webhook.Url) : null
        );
        _queue = Channel.CreateBounded<(Alert, bool)>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref _dropped)
        );
        if (_address is not null)
        {
            alerts.Changed += Enqueue;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_address is not null)
        {
            _loop = _supervisor.Start("webhook", RetryDelays[^1], RunAsync, _stop.Token);
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
        while (true)
        {
            if (_queue.Reader.TryPeek(out _))
            {
                await SendAsync(client, loop, stoppingToken);
            }
            loop.CompleteIteration();
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(_queue.Reader.WaitToReadAsync(idle.Token).AsTask(), Task.Delay(IdleInterval, _time, idle.Token));
            await idle.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    // The alert about the webhook itself is not sent to the webhook.
    private void Enqueue(AlertChanges changes)
    {
        foreach (var alert in changes.Resolved.Where(a => a.Kind != AlertKind.WebhookFailing))
        {
            _queue.Writer.TryWrite((alert, true));
        }
        foreach (var alert in changes.Raised.Where(a => a.Kind != AlertKind.WebhookFailing))
        {
            _queue.Writer.TryWrite((alert, false));
        }
    }

    private async Task SendAsync(OutgoingHttpClient client, SupervisedLoop loop, CancellationToken stoppingToken)
    {
        var lost = Interlocked.Exchange(ref _dropped, 0);
        var news = new List<(Alert Alert, bool IsEnd)>();
        while (news.Count < MaxBatchSize && _queue.Reader.TryRead(out var item))
        {
            news.Add(item);
        }
        var body = new AlertNotification(
            _node,
            _time.GetUtcNow(),
            [.. news.Where(n => !n.IsEnd).Select(n => n.Alert)],
            [.. news.Where(n => n.IsEnd).Select(n => n.Alert)],
            lost
        );
        for (var attempt = 0; ; attempt++)
        {
            using var content = JsonContent.Create(body, options: ApiJson.Options);
            if (await client.SendAsync(HttpMethod.Post, _address!, content, stoppingToken) is not { } problem)
            {
                break;
            }
            _delivery.MarkFailed(problem);
            loop.CompleteIteration(); // a refusal is an answer too
            _alerts.Report(
                new()
                {
                    Key = Key,
                    Kind = AlertKind.WebhookFailing,
                    Severity = AlertSeverity.Warning,
                    Since = _time.GetUtcNow(),
                    Subject = AlertSubject.Node,
                    Message = $"The webhook does not accept alerts: {problem}.",
                    Hint = "Check webhook.url in holdfast.json. Alerts wait, and are sent when it accepts them again.",
                }
            );
            await Task.Delay(RetryDelays[Math.Min(attempt, RetryDelays.Length - 1)], _time, stoppingToken);
        }

        _delivery.MarkDelivered(_time.GetUtcNow());
        _alerts.Withdraw(Key);
    }
}
