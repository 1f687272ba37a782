using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Cli.Output;
using Spectre.Console;

namespace Holdfast.Cli.Client;

/// <summary>Waits for operations: under a progress bar where a person is watching, else with a line for each that ends.</summary>
internal sealed class OperationWatcher(ApiClient api, CommandConsole console)
{
    private const int MaxSingleRequests = 16;

    private static readonly TimeSpan InitialPollDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPollDelay = TimeSpan.FromSeconds(1);

    /// <summary>Waits until all of them have ended.</summary>
    /// <returns>They as they ended, in the order of <paramref name="ids"/>.</returns>
    /// <param name="ids">Their ids.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="quiet">Whether those that end get no line; the caller tells.</param>
    public async Task<IReadOnlyList<JsonNode>> WaitAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken, bool quiet = false)
    {
        try
        {
            if (!console.IsInteractive)
            {
                return await PollAsync(
                    ids,
                    (_, ended) =>
                        ended.ForEach(o =>
                        {
                            if (!quiet)
                            {
                                console.WriteText(OperationReport.FormatLine(o));
                            }
                        }),
                    cancellationToken
                );
            }
            return await AnsiConsole
                .Progress()
                .AutoClear(true)
                .HideCompleted(true)
                .Columns(
                    new SpinnerColumn(),
                    new TaskDescriptionColumn(),
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new ElapsedTimeColumn()
                )
                .StartAsync(context =>
                {
                    var bar = context.AddTask(ids.Count == 1 ? "waiting" : $"{ids.Count} operations", maxValue: Math.Max(1, ids.Count));
                    var done = 0;
                    return PollAsync(ids, (open, ended) => Draw(bar, ids.Count, done += ended.Count, open), cancellationToken);
                });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new WaitCanceledException(ids);
        }
    }

    private static void Draw(ProgressTask bar, int all, int done, List<JsonNode> open)
    {
        if (all == 1)
        {
            if (open is not [var one])
            {
                return;
            }
            var (total, read) = (one.GetNumber("progress", "totalBytes"), one.GetNumber("progress", "doneBytes"));
            if (total > 0)
            {
                (bar.MaxValue, bar.Value) = (Math.Max(total, read), read);
            }
            bar.Description = Markup.Escape(
                $"{one.GetText("database")}: {one.GetText("phase")}{(read > 0 ? $", {DisplayFormat.Bytes(read)}" : "")}"
            );
            return;
        }

        bar.Value = done;
        bar.Description = Markup.Escape(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{done:N0} of {all:N0}, {open.Count(o => o.GetText("state") == "Running"):N0} running"
            )
        );
    }

    private async Task<IReadOnlyList<JsonNode>> PollAsync(
        IReadOnlyList<string> ids,
        Action<List<JsonNode>, List<JsonNode>> told,
        CancellationToken cancellationToken
    )
    {
        var ended = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        for (var wait = InitialPollDelay; ; wait = TimeSpan.FromTicks(Math.Min(MaxPollDelay.Ticks, wait.Ticks * 3 / 2)))
        {
            var now = await FetchAsync([.. ids.Where(id => !ended.ContainsKey(id))], cancellationToken);
            var news = now.FindAll(OperationReport.HasEnded);
            foreach (var operation in news)
            {
                ended[operation.GetText("id")] = operation;
            }
            told(now.FindAll(o => !OperationReport.HasEnded(o)), news);
            if (ended.Count >= ids.Count)
            {
                return [.. ids.Select(id => ended[id])];
            }
            await Task.Delay(wait, TimeProvider.System, cancellationToken);
        }
    }

    // Ids sort by time, and the list has the newest first: pages up to the oldest of ours hold all of them.
    private async Task<List<JsonNode>> FetchAsync(List<string> ids, CancellationToken cancellationToken)
    {
        var found = new List<JsonNode>();
        var missing = ids.ToHashSet(StringComparer.Ordinal);
        if (ids.Count > MaxSingleRequests)
        {
            var oldest = ids.Min(StringComparer.Ordinal)!;
            for (string? after = null; missing.Count > 0; )
            {
                var page = await api.GetAsync($"operations?limit=1000{(after is null ? "" : $"&after={after}")}", cancellationToken);
                found.AddRange(page.GetItems().Where(o => missing.Remove(o.GetText("id"))));
                after = page.FindText("next");
                if (after is null || string.CompareOrdinal(after, oldest) <= 0)
                {
                    break;
                }
            }
        }

        foreach (var id in missing)
        {
            found.Add(await api.GetAsync($"operations/{ApiClient.EscapeSegment(id)}", cancellationToken));
        }
        return found;
    }
}
