using System.Globalization;
using Holdfast.Api;
using Holdfast.Cli.Output;
using Holdfast.Core.Operations;
using Spectre.Console;

namespace Holdfast.Cli.Client;

/// <summary>Waits for operations. Shows a progress bar on a terminal; otherwise writes a line for each operation that ends.</summary>
internal sealed class OperationWatcher(HoldfastClient api, CommandConsole console)
{
    private const int MaxSingleRequests = 16;

    private static readonly TimeSpan InitialPollDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPollDelay = TimeSpan.FromSeconds(1);

    /// <summary>Waits until all operations have ended.</summary>
    /// <returns>The ended operations, in the order of <paramref name="ids"/>.</returns>
    /// <param name="ids">Ids of the operations.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <param name="quiet">Whether to write no line for each ended operation, because the caller reports them.</param>
    public async Task<IReadOnlyList<Operation>> WaitAsync(
        IReadOnlyList<string> ids,
        CancellationToken cancellationToken,
        bool quiet = false
    )
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

    private static void Draw(ProgressTask bar, int all, int done, List<Operation> open)
    {
        if (all == 1)
        {
            if (open is not [var one])
            {
                return;
            }
            var (total, read) = (one.Progress.TotalBytes, one.Progress.DoneBytes);
            if (total > 0)
            {
                (bar.MaxValue, bar.Value) = (Math.Max(total, read), read);
            }
            var amount =
                read > 0 ? $", {DisplayFormat.Bytes(read)}"
                : one is { Kind: OperationKind.RebuildCatalog, Progress.Items: > 0 and var archives }
                    ? string.Create(CultureInfo.InvariantCulture, $", {archives:N0} archives")
                : "";
            bar.Description = Markup.Escape($"{one.Subject}: {one.Phase}{amount}");
            return;
        }

        bar.Value = done;
        bar.Description = Markup.Escape(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{done:N0} of {all:N0}, {open.Count(o => o.State == OperationState.Running):N0} running"
            )
        );
    }

    private async Task<IReadOnlyList<Operation>> PollAsync(
        IReadOnlyList<string> ids,
        Action<List<Operation>, List<Operation>> report,
        CancellationToken cancellationToken
    )
    {
        var ended = new Dictionary<string, Operation>(StringComparer.Ordinal);
        for (var wait = InitialPollDelay; ; wait = TimeSpan.FromTicks(Math.Min(MaxPollDelay.Ticks, wait.Ticks * 3 / 2)))
        {
            var now = await FetchAsync([.. ids.Where(id => !ended.ContainsKey(id))], cancellationToken);
            var news = now.FindAll(o => o.HasEnded);
            foreach (var operation in news)
            {
                ended[operation.Id] = operation;
            }
            report(now.FindAll(o => !o.HasEnded), news);
            if (ended.Count >= ids.Count)
            {
                return [.. ids.Select(id => ended[id])];
            }
            await Task.Delay(wait, TimeProvider.System, cancellationToken);
        }
    }

    // Ids sort by time and the list is newest first, so the pages up to the oldest id contain all of them.
    private async Task<List<Operation>> FetchAsync(List<string> ids, CancellationToken cancellationToken)
    {
        var found = new List<Operation>();
        var missing = ids.ToHashSet(StringComparer.Ordinal);
        if (ids.Count > MaxSingleRequests)
        {
            var oldest = ids.Min(StringComparer.Ordinal)!;
            for (string? after = null; missing.Count > 0; )
            {
                var page = await api.Operations.ListPageAsync(new() { After = after }, cancellationToken);
                found.AddRange(page.Items.Where(o => missing.Remove(o.Id)));
                after = page.Next;
                if (after is null || string.CompareOrdinal(after, oldest) <= 0)
                {
                    break;
                }
            }
        }

        foreach (var id in missing)
        {
            found.Add(await api.Operations.GetAsync(id, cancellationToken));
        }
        return found;
    }
}
