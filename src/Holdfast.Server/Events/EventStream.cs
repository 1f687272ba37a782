using System.Buffers;
using System.Text;
using System.Text.Json;
using Holdfast.Api.Access;
using Holdfast.Api.Events;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Events;

/// <summary>
/// Writes the events for one listener until it disconnects, loses its rights, takes longer than a heartbeat to receive
/// data, or the server stops.
/// </summary>
internal sealed class EventStream(HttpContext context, EventFeed feed, SessionValidator sessions, EventOptions options, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var batches = feed.ListenAsync(options.ProgressInterval, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var next = batches.MoveNextAsync().AsTask(); // subscribes first: if there are too many listeners, the answer says so
        if (next.IsCompleted && !await next)
        {
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // tells proxies not to buffer events
        Write(": listening\n\n");
        if (!await FlushAsync(cancellationToken))
        {
            return;
        }
        var checkedAt = time.GetTimestamp();
        while (await next)
        {
            foreach (var one in batches.Current)
            {
                Write(one);
            }
            if (time.GetElapsedTime(checkedAt) >= options.HeartbeatInterval)
            {
                if (!sessions.IsValid(context, Role.Viewer))
                {
                    return;
                }
                Write(": \n\n");
                checkedAt = time.GetTimestamp();
            }

            if (!await FlushAsync(cancellationToken))
            {
                return;
            }
            next = batches.MoveNextAsync().AsTask();
        }
    }

    private void Write(ServerEvent one)
    {
        Write($"event: {one.Name}\ndata: ");
        // the JSON has no line breaks
        context.Response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(one.Data, one.Data.GetType(), ApiJson.Options));
        Write("\n\n");
    }

    private void Write(string text) => context.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));

    // Returns false if the listener takes longer than a heartbeat to receive the data.
    private async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HeartbeatInterval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await context.Response.BodyWriter.FlushAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
