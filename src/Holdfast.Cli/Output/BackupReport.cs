using System.Globalization;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Node.Backups;
using Holdfast.Server.Endpoints.Sources;
using Spectre.Console;

namespace Holdfast.Cli.Output;

/// <summary>Shows the progress and the results of a batch of backups.</summary>
internal static class BackupReport
{
    private const int MaxRowsOnScreen = 60;

    /// <summary>Runs a batch of backups, with a progress bar on a terminal.</summary>
    public static async Task<IReadOnlyList<BackupOutcome>> WatchAsync(
        CommandConsole console,
        int total,
        Func<IProgress<(BackupOutcome Outcome, BackupBatchProgress Sum)>?, Task<IReadOnlyList<BackupOutcome>>> run
    )
    {
        if (!console.IsInteractive)
        {
            return await run(null);
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
                var bar = context.AddTask($"{total} databases", maxValue: total);
                return run(new ProgressReporter(bar));
            });
    }

    /// <summary>Writes a line for each database and a summary, or the JSON document.</summary>
    /// <param name="console">The console.</param>
    /// <param name="root">Location of the archives.</param>
    /// <param name="outcomes">Results of the backups.</param>
    /// <param name="elapsed">Total duration.</param>
    /// <param name="skippedFiles">Files that discovery skipped; null if only some databases were requested.</param>
    public static void Write(
        CommandConsole console,
        string root,
        IReadOnlyList<BackupOutcome> outcomes,
        TimeSpan elapsed,
        SkippedFiles? skippedFiles
    )
    {
        var sum = new BackupSummaryView(
            outcomes.Count(o => o.State == BackupState.Completed),
            outcomes.Count(o => o.State == BackupState.CompletedWithErrors),
            outcomes.Count(o => o.State == BackupState.Unchanged),
            outcomes.Count(o => o.State == BackupState.Failed),
            outcomes.Sum(o => o.DatabaseBytes),
            outcomes.Sum(o => o.StoredBytes),
            Math.Round(elapsed.TotalSeconds, 3)
        );
        if (console.IsJson)
        {
            CommandConsole.WriteJson(
                new([.. outcomes.Select(BackupView.Of)], sum, skippedFiles is null ? null : SkippedFilesMapper.ToView(skippedFiles)),
                CliJson.Default.ItemsViewBackupView
            );
            return;
        }

        var shown =
            console.IsInteractive && outcomes.Count > MaxRowsOnScreen
                ? [.. outcomes.Where(o => o.Error is not null || o.Warnings.Count > 0).Take(MaxRowsOnScreen)]
                : outcomes;
        if (shown.Count > 0)
        {
            console.WriteTable(["DATABASE", "STATE", "MADE", ">SIZE", ">STORED", "ENCRYPTION", ">TIME"], [.. shown.Select(Row)]);
        }
        if (shown.Count < outcomes.Count)
        {
            console.WriteLine($"({outcomes.Count - shown.Count} more; --output json lists all)");
        }
        foreach (var o in shown)
        {
            if (o.Error is not null)
            {
                console.WriteText($"{o.Database}: {Sentence.Join(o.Error.Message, o.Error.Hint)}");
            }
            foreach (var warning in o.Warnings)
            {
                console.WriteText($"{o.Database}: {warning}");
            }
        }

        if (skippedFiles is not null)
        {
            SkippedFilesReport.Write(console, skippedFiles);
        }
        var incomplete = sum.CompletedWithErrors > 0 ? $", {sum.CompletedWithErrors} incomplete" : "";
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{sum.Completed} backed up, {sum.Unchanged} unchanged{incomplete}, {sum.Failed} failed: "
                    + $"{DisplayFormat.Bytes(sum.DatabaseBytes)} of databases, {DisplayFormat.Bytes(sum.StoredBytes)} stored in {root}, "
                    + $"{DisplayFormat.Seconds(elapsed)}"
            )
        );
    }

    private static (string, string?)[] Row(BackupOutcome o) =>
        [
            (o.Database.ToString(), null),
            o.State switch
            {
                BackupState.Completed => ("done", "green"),
                BackupState.Unchanged => ("unchanged", "grey"),
                BackupState.CompletedWithErrors => ("incomplete", "yellow"),
                _ => ("FAILED", "red"),
            },
            (
                o.State == BackupState.Unchanged
                    ? "-"
                    : $"{o.Kind?.ToString().ToLowerInvariant()} {o.Type?.ToString().ToLowerInvariant()}".Trim(),
                null
            ),
            (DisplayFormat.Bytes(o.DatabaseBytes), null),
            (o.StoredBytes == 0 ? "-" : DisplayFormat.Bytes(o.StoredBytes), null),
            (
                o.Encryption?.Mode switch
                {
                    ArchiveEncryption.None => "none",
                    ArchiveEncryption.Given => "given key",
                    ArchiveEncryption.DatabaseKey => "database key",
                    ArchiveEncryption.DatabasePages => "database key (pages)",
                    _ => "",
                },
                o.Encryption?.IsWarning == true ? "yellow" : null
            ),
            (DisplayFormat.Seconds(o.Duration), null),
        ];

    private sealed class ProgressReporter(ProgressTask bar) : IProgress<(BackupOutcome Outcome, BackupBatchProgress Sum)>
    {
        public void Report((BackupOutcome Outcome, BackupBatchProgress Sum) value)
        {
            bar.Value = value.Sum.Done;
            bar.Description = Markup.Escape(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{value.Sum.Done:N0} of {value.Sum.Total:N0} databases, {DisplayFormat.Bytes(value.Sum.StoredBytes)} stored"
                ) + (value.Sum.Failed > 0 ? $", {value.Sum.Failed} failed" : "")
            );
        }
    }
}
