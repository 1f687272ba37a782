using System.CommandLine;
using System.Globalization;
using Holdfast.Api;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Tasks;

namespace Holdfast.Cli.Commands.Tasks;

/// <summary><c>holdfast server-wide</c>: server-wide backup tasks.</summary>
internal static class ServerWideCommand
{
    private const int MaxShown = 40;

    public static Command Create() =>
        new Command("server-wide", "Server-wide backup tasks. Each covers all databases except those it excludes.")
        {
            ListCommand(),
            Show(),
            Put(),
            Delete(),
            Preview(),
            RevealKey(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List server-wide backup tasks and the state of their databases.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.ServerWideBackups.ListAsync(cancellationToken),
                    "No server-wide backup tasks.",
                    ["NAME", "TYPE", "FULL", "INCREMENTAL", ">OK", ">FAILED", ">NEVER RAN", ">RUNNING", "COVERS"],
                    t =>
                        [
                            (t.Name, null),
                            (DisplayFormat.LowerCase<BackupType>(t.Definition.Type), null),
                            (t.Definition.FullBackup ?? "-", null),
                            (t.Definition.IncrementalBackup ?? "-", null),
                            (Count(t.Counts.Succeeded), null),
                            (Count(t.Counts.Failed), t.Counts.Failed > 0 ? "red" : null),
                            (Count(t.Counts.NeverRan), null),
                            (Count(t.Counts.Running), null),
                            (t.Definition.Disabled ? $"(disabled) {t.Summary}" : t.Summary, null),
                        ]
                )
        );

    private static Command Show()
    {
        var command = new Command("show", "Show a task: its definition, without its key, and the state of its databases.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var task = (await api.ServerWideBackups.GetAsync(parsed.GetRequiredValue(name), cancellationToken)).Value;
                return ServerCommandExtensions.WriteView(console, task, t => WriteTask(console, t));
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Create or change a task. A generated key is shown once.");
        var (name, file) = (Name(command), JsonInput.CreateOption("Its definition"));
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken);
                var answer = await api.ServerWideBackups.PutDocumentAsync(
                    parsed.GetRequiredValue(name),
                    definition,
                    null,
                    cancellationToken
                );
                return ServerCommandExtensions.WriteView(console, answer.Value, t => WriteSaved(console, t, answer.IsNew));
            }
        );
    }

    private static void WriteSaved(CommandConsole console, TemplateView task, bool isNew)
    {
        console.WriteLine($"{task.Name} {(isNew ? "created" : "saved")}: {task.Preview?.Summary ?? "-"}.");
        if (task.Unencrypted is { } unencrypted)
        {
            console.WriteLine($"{unencrypted}.");
        }
        if (task.Preview is { } preview)
        {
            foreach (var folder in preview.RetentionWouldDelete.Take(MaxShown))
            {
                console.WriteLine($"retention will delete {folder}");
            }
            WriteUnreachableDestinations(console, preview);
        }
        ServerCommandExtensions.WriteKey(console, task.GeneratedKey);
    }

    private static void WriteUnreachableDestinations(CommandConsole console, PreviewView preview)
    {
        foreach (var unreachable in preview.RetentionCannotSee)
        {
            console.WriteLine(
                $"{unreachable.Destination} cannot be reached, so it is unknown what retention will delete there: "
                    + unreachable.Error.Message
            );
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a task and the tasks of its databases. Backups stay.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.ServerWideBackups.DeleteAsync(text, null, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} deleted. Its backups stay.", new() { ["deleted"] = text });
            }
        );
    }

    private static Command Preview()
    {
        var command = new Command(
            "preview",
            "Show what it covers, database by database, or with a file, what it would cover. Saves nothing."
        );
        var (name, file) = (Name(command), JsonInput.CreateOption("A definition to preview instead of the saved one", required: false));
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var task = parsed.GetRequiredValue(name);
                var definition = parsed.GetValue(file) is { } draft
                    ? await JsonInput.ReadAsync(draft, cancellationToken)
                    : ClientJson.ToDocument((await api.ServerWideBackups.GetAsync(task, cancellationToken)).Value.Definition);
                var preview = await api.ServerWideBackups.PreviewDocumentAsync(task, definition, cancellationToken);
                return ServerCommandExtensions.WriteView(console, preview, p => WritePreview(console, p));
            }
        );
    }

    private static void WritePreview(CommandConsole console, PreviewView preview)
    {
        if (preview.Databases.Count > 0)
        {
            console.WriteTable(["DATABASE", "MADE", "ENCRYPTION", "WHY"], [.. preview.Databases.Select(Row)]);
        }
        foreach (var folder in preview.RetentionWouldDelete)
        {
            console.WriteLine($"retention would delete {folder}");
        }
        WriteUnreachableDestinations(console, preview);
        console.WriteLine(preview.Summary);
    }

    private static Command RevealKey()
    {
        var command = new Command("reveal-key", "Show its key. The access is recorded in the audit log.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var key = await api.ServerWideBackups.RevealKeyAsync(parsed.GetRequiredValue(name), cancellationToken);
                return ServerCommandExtensions.WriteView(console, key, k => ServerCommandExtensions.WriteKey(console, k));
            }
        );
    }

    private static (string, string?)[] Row(PreviewedDatabase d) =>
        d.IsExcluded
            ? [(d.Database.ToString(), "grey"), ("excluded", "grey"), ("-", null), ("", null)]
            :
            [
                (d.Database.ToString(), null),
                (DisplayFormat.LowerCase(d.Type), null),
                (d.Encryption?.Mode.ToString() ?? "-", null),
                (d.Problem ?? d.TypeReason ?? d.Encryption?.Reason ?? "-", d.Problem is null ? null : "red"),
            ];

    private static void WriteTask(CommandConsole console, TemplateView task)
    {
        var (d, counts) = (task.Definition, task.Counts);
        console.WriteLine($"{task.Name}{(d.Disabled ? " (disabled)" : "")}: {task.Summary}");
        console.WriteLine($"type:         {DisplayFormat.LowerCase<BackupType>(d.Type)}");
        console.WriteLine($"full:         {d.FullBackup ?? "-"}");
        console.WriteLine($"incremental:  {d.IncrementalBackup ?? "-"}");
        console.WriteLine($"time zone:    {d.TimeZone ?? "the node's"}");
        var kept = d.Retention?.MinimumAgeDays.ToString(CultureInfo.InvariantCulture);
        console.WriteLine($"kept:         {(kept is null ? "forever" : $"{kept} days")}{FormatAges(d.Retention)}");
        console.WriteLine($"verified:     {(d.VerifyEveryDays is { } every ? $"every {every} days" : "manually only")}");
        console.WriteLine($"compared:     every {d.CompareEveryHours} hours if nothing seems changed");
        console.WriteLine(
            $"encryption:   {d.Encryption?.Mode.ToString() ?? "-"}"
                + (d.Encryption is { Recipients: { Count: > 0 } recipients } ? $" ({DisplayFormat.Join(recipients)})" : "")
                + (d.Encryption is { EncryptSnapshots: true } ? ", also snapshots" : "")
        );
        if (task.Unencrypted is { } unencrypted)
        {
            console.WriteLine($"unencrypted:  {unencrypted}");
        }
        console.WriteLine($"destinations: {DisplayFormat.Join(d.Destinations)}");
        if (d.ExistingBackups != ExistingBackups.Newest)
        {
            var copied = d.ExistingBackups == ExistingBackups.All ? "all existing backups" : "no existing backups";
            console.WriteLine($"              one that is added gets {copied}");
        }
        console.WriteLine($"excluded:     {DisplayFormat.Join(d.Excluded)}");
        if (d.SpreadMinutes > 0)
        {
            console.WriteLine($"spread:       starts over {d.SpreadMinutes.ToString(CultureInfo.InvariantCulture)} minutes");
        }
        console.WriteLine(
            $"databases:    {counts.Succeeded} succeeded, {counts.Failed} failed, {counts.NeverRan} never ran, "
                + $"{counts.Overdue} overdue, {counts.Running} running"
        );
    }

    private static Argument<string> Name(Command command) => command.AddArgument("NAME", "Its name.");

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string FormatAges(RetentionDefinition? retention) =>
        string.Concat(
            (retention?.Destinations ?? new Dictionary<string, double>())
                .OrderBy(a => a.Key, StringComparer.Ordinal)
                .Select(a => string.Create(CultureInfo.InvariantCulture, $", {a.Value} days at {a.Key}"))
        );
}
