using System.Net.Http.Json;
using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Node;
using Holdfast.Node.Supervision;
using Holdfast.Server.Addresses;
using Holdfast.Server.Configuration;
using Holdfast.Server.Endpoints;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Alerts;

/// <summary>
/// Posts alerts that come and go to the webhook, in their order. While it does not take them they wait, and the oldest
/// are let go when there are too many.
/// </summary>
internal sealed class WebhookSender : IHostedService, IDisposable
{
    private const string Key = "webhook";
    private const int Capacity = 10_000;
    private const int MostAtOnce = 200;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
    ];

    private readonly HoldfastNode _node;
    private readonly TimeProvider _time;
    private readonly Delivery _delivery;
    private readonly Uri? _address;
    private readonly Channel<(Alert Alert, bool IsEnd)> _waiting;
    private readonly CancellationTokenSource _stop = new();
    private SupervisedLoop? _loop;
    private int _lost;

    public WebhookSender(HoldfastNode node, ServerConfig config, Deliveries deliveries, TimeProvider time)
    {
        (_node, _time, _delivery, _address) = (
            node,
            time,
            deliveries.Webhook,
            config.Webhook is { } webhook ? OutgoingAddress.Check(webhook.Url) : null
        );
        _waiting = Channel.CreateBounded<(Alert, bool)>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref _lost)
        );
        if (_address is not null)
        {
            node.Alerts.Changed += Take;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_address is not null)
        {
            _loop = _node.Supervisor.Start("webhook", Pauses[^1], RunAsync, _stop.Token);
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
        while (true)
        {
            if (_waiting.Reader.TryPeek(out _))
            {
                await SendAsync(client, loop, stoppingToken);
            }
            loop.Beat();
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(_waiting.Reader.WaitToReadAsync(idle.Token).AsTask(), Task.Delay(Idle, _time, idle.Token));
            await idle.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    // That the webhook fails is of no use to it.
    private void Take(AlertChanges changes)
    {
        foreach (var alert in changes.Ended.Where(a => a.Kind != AlertKind.WebhookFailing))
        {
            _waiting.Writer.TryWrite((alert, true));
        }
        foreach (var alert in changes.Raised.Where(a => a.Kind != AlertKind.WebhookFailing))
        {
            _waiting.Writer.TryWrite((alert, false));
        }
    }

    private async Task SendAsync(OutgoingClient client, SupervisedLoop loop, CancellationToken stoppingToken)
    {
        var lost = Interlocked.Exchange(ref _lost, 0);
        var news = new List<(Alert Alert, bool IsEnd)>();
        while (news.Count < MostAtOnce && _waiting.Reader.TryRead(out var item))
        {
            news.Add(item);
        }
        var body = new AlertNews(
            _node.Tag,
            _time.GetUtcNow(),
            [.. news.Where(n => !n.IsEnd).Select(n => n.Alert)],
            [.. news.Where(n => n.IsEnd).Select(n => n.Alert)],
            lost
        );
        for (var attempt = 0; ; attempt++)
        {
            using var content = JsonContent.Create(body, options: ApiJson.Options);
            if (await client.CallAsync(HttpMethod.Post, _address!, content, stoppingToken) is not { } problem)
            {
                break;
            }
            _delivery.Failed(problem);
            loop.Beat(); // an answer that is no is one
            _node.Alerts.Report(
                new()
                {
                    Key = Key,
                    Kind = AlertKind.WebhookFailing,
                    Severity = AlertSeverity.Warning,
                    Since = _time.GetUtcNow(),
                    Subject = AlertSubject.Node,
                    Message = $"The webhook does not take alerts: {problem}.",
                    Hint = "See webhook.url in holdfast.json. They wait, and are sent when it takes them again.",
                }
            );
            await Task.Delay(Pauses[Math.Min(attempt, Pauses.Length - 1)], _time, stoppingToken);
        }

        _delivery.Taken(_time.GetUtcNow());
        _node.Alerts.Withdraw(Key);
    }
}
