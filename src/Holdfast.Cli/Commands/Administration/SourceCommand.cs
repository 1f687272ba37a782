using System.CommandLine;
using System.Globalization;
using Holdfast.Api.Sources;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast source</c>: the sources of the server.</summary>
internal static class SourceCommand
{
    public static Command Create() =>
        new Command("source", "The sources of the server: those of its configuration, and database servers that Admins define.")
        {
            ListCommand(),
            ListSkippedFiles("skipped"),
            ListSkippedFiles("passed-over", isHidden: true), // its former name
            Discover("discover"),
            Discover("look", isHidden: true), // its former name
            Confirm(),
            Put(),
            Delete(),
            Test(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List sources.").SetServerAction(
            async (parsed, api, console, cancellationToken) => WriteSources(console, await api.Sources.ListAsync(cancellationToken))
        );

    private static Command ListSkippedFiles(string verb, bool isHidden = false)
    {
        var command = new Command(verb, "List the files that the last discovery skipped, with the reasons.") { Hidden = isHidden };
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var skipped = await api.Sources.GetSkippedFilesAsync(parsed.GetRequiredValue(name), cancellationToken);
                return ServerCommandExtensions.WriteView(console, skipped, s => WriteSkippedFiles(console, s));
            }
        );
    }

    private static void WriteSkippedFiles(CommandConsole console, SkippedFilesView skipped)
    {
        console.WriteTable(
            ["FILE", "REASON", "DETAIL"],
            [
                .. skipped.Items.Select(f =>
                    (IReadOnlyList<(string, string?)>)
                        [(f.Name, null), (SkippedFilesReport.DescribeReason(f.Reason), null), (f.Detail ?? "", null)]
                ),
            ]
        );
        foreach (var (reason, count) in skipped.Counts)
        {
            console.WriteLine($"{count} {SkippedFilesReport.DescribeReason(reason)}");
        }
    }

    private static Command Discover(string verb, bool isHidden = false)
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of sources; default: all.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(verb, "Discover databases now.") { names };
        command.Hidden = isHidden;
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var wanted = parsed.GetValue(names) is { Length: > 0 } some
                    ? some
                    : [.. (await api.Sources.ListAsync(cancellationToken)).Select(s => s.Name)];
                var sources = new List<SourceView>();
                foreach (var name in wanted)
                {
                    sources.Add(await api.Sources.DiscoverAsync(name, cancellationToken));
                }
                return WriteSources(console, sources);
            }
        );
    }

    private static Command Confirm()
    {
        var command = new Command(
            "confirm",
            "Accept a source as it is now: missing databases were dropped, and a changed identity is the right one."
        );
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var source = await api.Sources.ConfirmAsync(text, cancellationToken);
                return WriteSource(console, source, $"{text} confirmed");
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Create or change a source that is a database server. Needs an Admin.");
        var name = command.AddArgument("NAME", "Its name.");
        var url = new Option<string>("--url")
        {
            Description = "Its address: postgresql://USER@HOST[,HOST2][:PORT]. Never with a password.",
            HelpName = "URL",
            Required = true,
        };
        var password = new Option<string>("--password-file")
        {
            Description =
                "A file of mode 0600 with the password of its user, - for a line of standard input; the server stores it. "
                + "Default: the stored one.",
            HelpName = "FILE",
        };
        var include = new Option<string[]>("--include")
        {
            Description = "Glob of database names to include. Repeatable; default: all.",
            HelpName = "GLOB",
        };
        var exclude = new Option<string[]>("--exclude")
        {
            Description = "Glob of database names to exclude. Repeatable.",
            HelpName = "GLOB",
        };
        var restorer = new Option<string>("--restore-user")
        {
            Description = "Role that runs restores; it needs no privilege but to log in. Default: the user in the address.",
            HelpName = "ROLE",
        };
        var restorerPassword = new Option<string>("--restore-password-file")
        {
            Description = "A file of mode 0600 with the password of that role; the server stores it. Default: the stored one.",
            HelpName = "FILE",
        };
        var owner = new Option<string>("--owner")
        {
            Description = "Role that owns restored databases. Default: the name of --restore-user followed by _owner.",
            HelpName = "ROLE",
        };
        command.Add([url, password, include, exclude, restorer, restorerPassword, owner]);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                if (parsed.GetValue(restorer) is null)
                {
                    SharedOptions.RejectOptions(parsed, "without --restore-user", restorerPassword);
                }
                var request = new SourceRequest
                {
                    Engine = EngineOf(parsed.GetRequiredValue(url)),
                    Url = parsed.GetRequiredValue(url),
                    RestoreOwner = parsed.GetValue(owner),
                    Include = parsed.GetValue(include) ?? [],
                    Exclude = parsed.GetValue(exclude) ?? [],
                    Password = ReadPassword(parsed.GetValue(password)),
                    Restore = parsed.GetValue(restorer) is { } role
                        ? new() { User = role, Password = ReadPassword(parsed.GetValue(restorerPassword)) }
                        : null,
                };
                var answer = await api.Sources.PutAsync(text, request, null, cancellationToken);
                return WriteSource(console, answer.Value, $"{text} {(answer.IsNew ? "created" : "saved")}");
            }
        );
    }

    private static Command Delete()
    {
        var command = new Command(
            "delete",
            "Remove a source that was created with put. Its databases count as dropped; their backups stay."
        );
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.Sources.DeleteAsync(text, null, cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{text} removed. Backups of its databases stay.",
                    new() { ["deleted"] = text }
                );
            }
        );
    }

    private static Command Test()
    {
        var command = new Command("test", "Test whether its databases can be backed up and restored, and report what is missing.");
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var result = await api.Sources.TestAsync(parsed.GetRequiredValue(name), cancellationToken);
                ServerCommandExtensions.WriteView(console, result, r => WriteTest(console, r));
                return result.Problems.Count > 0 ? 1 : 0;
            }
        );
    }

    // For an address that no engine accepts, the server reports what is wrong.
    private static string EngineOf(string url)
    {
        var definable = Drivers.Engines.Where(e => e.Description.Form is not null).ToList();
        return (definable.Find(e => e.Accepts(url)) ?? definable[0]).Kind;
    }

    private static void WriteTest(CommandConsole console, SourceTestView result)
    {
        if (result.Version is { } version)
        {
            console.WriteLine($"version {version}, {result.Role?.ToLowerInvariant() ?? "-"}, {result.Databases} databases");
        }
        foreach (var (label, list) in ((string, IReadOnlyList<OperationError>)[])[("PROBLEM", result.Problems), ("note", result.Notes)])
        {
            foreach (var found in list)
            {
                console.WriteText($"{label}: {found.Message}");
                if (found.Hint is { } hint)
                {
                    console.WriteText($"  {hint}");
                }
            }
        }
    }

    private static string? ReadPassword(string? file) => file is null ? null : ServerConnectionOptions.ReadSecret(file, "Password file");

    private static int WriteSource(CommandConsole console, SourceView source, string done)
    {
        ServerCommandExtensions.WriteView(console, source, s =>
            console.WriteText($"{done}: {s.Problem?.Message ?? $"{s.Databases} databases"}")
        );
        return source.Problem is null ? 0 : 1;
    }

    private static int WriteSources(CommandConsole console, IReadOnlyList<SourceView> sources)
    {
        var broken = sources.Any(s => s.Problem is not null);
        ServerCommandExtensions.WriteList(
            console,
            sources,
            "No sources.",
            ["NAME", "ENGINE", ">DATABASES", "LAST DISCOVERY", "PROBLEM"],
            s =>
                [
                    (s.Name, null),
                    (s.Engine, null),
                    (s.Databases.ToString(CultureInfo.InvariantCulture), null),
                    (DisplayFormat.Time(s.LastDiscovery), null),
                    (s.Problem?.Message ?? "", "red"),
                ]
        );
        return broken ? 1 : 0;
    }
}
