using System.Buffers;
using System.Text.Json;
using Holdfast.Core.Operations;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Events;

/// <summary>Writes one listener's events until it goes, may no longer listen, is too slow for a heartbeat, or the server stops.</summary>
internal sealed class EventStream(HttpContext context, EventListener listener, HoldfastNode node, SessionCheck sessions, EventOptions options, TimeProvider time)
{
    private const int MostRunning = 100;

    private readonly Dictionary<string, (string Phase, long Bytes)> _shown = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // a proxy that gathers events would hold them back
        var beat = time.GetTimestamp();
        Comment("listening");
        await FlushAsync(cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var quiet = options.Heartbeat - time.GetElapsedTime(beat);
            await WaitAsync(Shorter(quiet, node.Operations.Live.Any() ? options.Progress : quiet), cancellationToken);
            LookAtRunning();
            var events = listener.Take();
            foreach (var one in events) Write(one);
            if (time.GetElapsedTime(beat) >= options.Heartbeat)
            {
                if (!sessions.IsGood(context, Role.Viewer)) return;
                Comment("");
                beat = time.GetTimestamp();
            }

            await FlushAsync(cancellationToken);
            if (events.Count > 0) await Task.Delay(options.Pause, time, cancellationToken);
        }
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        if (longest <= TimeSpan.Zero) return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(listener.WaitAsync(stop.Token), Task.Delay(longest, time, stop.Token));
        await stop.CancelAsync();
    }

    // Operations tell of their begin and end; how far they are is looked up.
    private void LookAtRunning()
    {
        var running = node.Operations.Live.Take(MostRunning).Select(l => l.Current).Where(o => o.State == OperationState.Running).ToList();
        foreach (var operation in running)
        {
            var now = (operation.Phase, operation.Progress.DoneBytes);
            if (_shown.TryGetValue(operation.Id, out var shown) && shown == now) continue;
            _shown[operation.Id] = now;
            listener.Add(operation);
        }

        if (_shown.Count > 2 * MostRunning) _shown.Clear();
    }

    private void Comment(string text) => Write($": {text}\n\n");

    private void Write(ServerEvent one)
    {
        Write($"event: {one.Name}\ndata: ");
        context.Response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(one.Data, one.Data.GetType(), ApiJson.Options)); // has no line breaks
        Write("\n\n");
    }

    private void Write(string text) => context.Response.BodyWriter.Write(System.Text.Encoding.UTF8.GetBytes(text));

    // Who takes longer than a heartbeat cannot be looked after.
    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await context.Response.BodyWriter.FlushAsync(either.Token);
    }
}
