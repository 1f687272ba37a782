using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast source</c>: what the server is attached to.</summary>
internal static class SourceCommand
{
    public static Command Create() =>
        new Command("source", "What the server is attached to: as its configuration says, and database servers as Admins define.")
        {
            ListCommand(),
            ListSkippedFiles(),
            Discover(),
            Confirm(),
            Put(),
            Delete(),
            Test(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List sources.").SetServerAction(
            async (parsed, api, console, cancellationToken) => WriteSources(console, await api.ListAsync("sources", cancellationToken))
        );

    private static Command ListSkippedFiles()
    {
        var command = new Command("passed-over", "List what was left out when it was looked at last, with the reasons.");
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var answer = await api.GetAsync($"{Path(parsed.GetRequiredValue(name))}/passed-over", cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                    return 0;
                }

                console.WriteTable(
                    ["FILE", "REASON", "DETAIL"],
                    [
                        .. answer
                            .GetItems("items")
                            .Select(f =>
                                (IReadOnlyList<(string, string?)>)
                                    [
                                        (f.GetText("name"), null),
                                        (SkippedFilesReport.DescribeReason(f.GetText("reason")), null),
                                        (f.FindText("detail") ?? "", null),
                                    ]
                            ),
                    ]
                );
                foreach (var (reason, count) in answer["counts"]!.AsObject())
                {
                    console.WriteLine($"{count} {SkippedFilesReport.DescribeReason(reason)}");
                }
                return 0;
            }
        );
    }

    private static Command Discover()
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of sources; default: all.", Arity = ArgumentArity.ZeroOrMore };
        return new Command("look", "Look for databases now.") { names }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var wanted = parsed.GetValue(names) is { Length: > 0 } some
                    ? some
                    : [.. (await api.ListAsync("sources", cancellationToken)).Select(s => s.GetText("name"))];
                var looked = new JsonArray();
                foreach (var name in wanted)
                {
                    looked.Add(
                        (await api.PostAsync($"sources/{ApiClient.EscapeSegment(name)}/discover", null, cancellationToken)).DeepClone()
                    );
                }
                return WriteSources(console, looked);
            }
        );
    }

    private static Command Confirm()
    {
        var command = new Command(
            "confirm",
            "Take a source as it is now: databases that are missing were dropped, another identity is the right one."
        );
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/confirm", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                }
                else
                {
                    console.WriteText(
                        $"{text} confirmed: {answer.FindText("problem", "message") ?? $"{answer.GetText("databases")} databases"}"
                    );
                }
                return answer["problem"] is null ? 0 : 1;
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Define or change a source that is a database server; needs an Admin.");
        var name = command.AddArgument("NAME", "Its name.");
        var url = new Option<string>("--url")
        {
            Description = "Where it is: postgresql://USER@HOST[,HOST2][:PORT]. Never with a password.",
            HelpName = "URL",
            Required = true,
        };
        var password = new Option<string>("--password-file")
        {
            Description =
                "A file of mode 0600 with the password of its user, - for a line of standard input; the server keeps it. "
                + "Default: the one that is kept.",
            HelpName = "FILE",
        };
        var include = new Option<string[]>("--include")
        {
            Description = "Glob of the names of databases that count. Repeatable; default: all.",
            HelpName = "GLOB",
        };
        var exclude = new Option<string[]>("--exclude")
        {
            Description = "Glob of the names of databases that do not count. Repeatable.",
            HelpName = "GLOB",
        };
        var restorer = new Option<string>("--restore-user")
        {
            Description = "Role that restores are run as: it needs no right but to log in. Default: the user of the address.",
            HelpName = "ROLE",
        };
        var restorerPassword = new Option<string>("--restore-password-file")
        {
            Description = "A file of mode 0600 with the password of that role; the server keeps it. Default: the one that is kept.",
            HelpName = "FILE",
        };
        var owner = new Option<string>("--owner")
        {
            Description =
                "Role that owns what is restored there. Default: the one that is named like --restore-user with _owner behind it.",
            HelpName = "ROLE",
        };
        foreach (var option in (Option[])[url, password, include, exclude, restorer, restorerPassword, owner])
        {
            command.Add(option);
        }
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                if (parsed.GetValue(restorer) is null)
                {
                    SharedOptions.RejectOptions(parsed, "without --restore-user", restorerPassword);
                }
                var body = new JsonObject
                {
                    ["engine"] = EngineOf(parsed.GetRequiredValue(url)),
                    ["url"] = parsed.GetRequiredValue(url),
                    ["restoreOwner"] = parsed.GetValue(owner),
                    ["include"] = Globs(parsed.GetValue(include)),
                    ["exclude"] = Globs(parsed.GetValue(exclude)),
                    ["password"] = parsed.GetValue(password) is { } file ? ServerConnectionOptions.ReadSecret(file, "Password file") : null,
                };
                if (parsed.GetValue(restorer) is { } role)
                {
                    body["restore"] = new JsonObject
                    {
                        ["user"] = role,
                        ["password"] = parsed.GetValue(restorerPassword) is { } secret
                            ? ServerConnectionOptions.ReadSecret(secret, "Password file")
                            : null,
                    };
                }
                var answer = await api.SendAsync(HttpMethod.Put, Path(text), body, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer.Body!);
                }
                else
                {
                    console.WriteText(
                        $"{text} {(answer.IsNew ? "created" : "saved")}: "
                            + $"{answer.Body.FindText("problem", "message") ?? $"{answer.Body.GetText("databases")} databases"}"
                    );
                }
                return answer.Body?["problem"] is null ? 0 : 1;
            }
        );
    }

    private static Command Delete()
    {
        var command = new Command(
            "delete",
            "Remove a source that was defined with put. Its databases count as dropped; their backups stay."
        );
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
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
        var command = new Command("test", "Try whether its databases can be backed up and restored, and tell what is missing.");
        var name = command.AddArgument("NAME", "Its name.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var answer = await api.PostAsync($"{Path(parsed.GetRequiredValue(name))}/test", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                }
                else
                {
                    if (answer.FindText("version") is { } version)
                    {
                        console.WriteLine(
                            $"version {version}, {answer.GetText("role").ToLowerInvariant()}, {answer.GetText("databases")} databases"
                        );
                    }
                    foreach (var (word, list) in ((string, string)[])[("PROBLEM", "problems"), ("note", "notes")])
                    {
                        foreach (var found in answer.GetItems(list))
                        {
                            console.WriteText($"{word}: {found.GetText("message")}");
                            if (found.FindText("hint") is { } hint)
                            {
                                console.WriteText($"  {hint}");
                            }
                        }
                    }
                }

                return answer.GetItems("problems").Any() ? 1 : 0;
            }
        );
    }

    // The server says what is wrong with an address that no engine takes.
    private static string EngineOf(string url)
    {
        var definable = Drivers.Engines.Where(e => e.Form.Fields.Count > 0).ToList();
        return (definable.Find(e => e.Accepts(url)) ?? definable[0]).Kind;
    }

    private static JsonArray Globs(string[]? globs) => [.. (globs ?? []).Select(g => (JsonNode)g)];

    private static string Path(string name) => $"sources/{ApiClient.EscapeSegment(name)}";

    private static int WriteSources(CommandConsole console, JsonArray sources)
    {
        var broken = sources.Any(s => s?["problem"] is not null);
        ServerCommandExtensions.WriteList(console, sources, "No sources.", ["NAME", "ENGINE", ">DATABASES", "LAST LOOK", "PROBLEM"], s =>
            [
                (s.GetText("name"), null),
                (s.GetText("engine"), null),
                (s.GetText("databases"), null),
                (s.GetTime("lastDiscovery"), null),
                (s.FindText("problem", "message") ?? "", "red"),
            ]
        );
        return broken ? 1 : 0;
    }
}
