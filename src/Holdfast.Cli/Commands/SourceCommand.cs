using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast source</c>: what the server is attached to.</summary>
internal static class SourceCommand
{
    public static Command Create() =>
        new Command("source", "What the server is attached to: as its configuration says, and database servers as Admins define.")
        {
            ListCommand(),
            PassedOver(),
            Look(),
            Confirm(),
            Put(),
            Delete(),
            Test(),
        }.OverServer();

    private static Command ListCommand() =>
        new Command("list", "List sources.").Does(
            async (parsed, api, console, cancellationToken) => Tell(console, await api.ListAsync("sources", cancellationToken))
        );

    private static Command PassedOver()
    {
        var command = new Command("passed-over", "List what was left out when it was looked at last, with the reasons.");
        var name = command.Takes("NAME", "Its name.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var answer = await api.GetAsync($"{Path(parsed.GetRequiredValue(name))}/passed-over", cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                    return 0;
                }

                console.Table(
                    ["FILE", "REASON", "DETAIL"],
                    [
                        .. answer
                            .Items("items")
                            .Select(f =>
                                (IReadOnlyList<(string, string?)>)
                                    [
                                        (f.Text("name"), null),
                                        (PassedOverReport.Words(f.Text("reason")), null),
                                        (f.Find("detail") ?? "", null),
                                    ]
                            ),
                    ]
                );
                foreach (var (reason, count) in answer["counts"]!.AsObject())
                {
                    console.Line($"{count} {PassedOverReport.Words(reason)}");
                }
                return 0;
            }
        );
    }

    private static Command Look()
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of sources; default: all.", Arity = ArgumentArity.ZeroOrMore };
        return new Command("look", "Look for databases now.") { names }.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var wanted = parsed.GetValue(names) is { Length: > 0 } some
                    ? some
                    : [.. (await api.ListAsync("sources", cancellationToken)).Select(s => s.Text("name"))];
                var looked = new JsonArray();
                foreach (var name in wanted)
                {
                    looked.Add((await api.PostAsync($"sources/{ApiClient.Part(name)}/look", null, cancellationToken)).DeepClone());
                }
                return Tell(console, looked);
            }
        );
    }

    private static Command Confirm()
    {
        var command = new Command(
            "confirm",
            "Take a source as it is now: databases that are missing were dropped, another identity is the right one."
        );
        var name = command.Takes("NAME", "Its name.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/confirm", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                }
                else
                {
                    console.Text($"{text} confirmed: {answer.Find("problem", "message") ?? $"{answer.Text("databases")} databases"}");
                }
                return answer["problem"] is null ? 0 : 1;
            }
        );
    }

    private static Command Put()
    {
        var command = new Command("put", "Define or change a source that is a database server; needs an Admin.");
        var name = command.Takes("NAME", "Its name.");
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
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                if (parsed.GetValue(restorer) is null)
                {
                    SharedOptions.Refuse(parsed, "without --restore-user", restorerPassword);
                }
                var body = new JsonObject
                {
                    ["engine"] = "postgresql",
                    ["url"] = parsed.GetRequiredValue(url),
                    ["restoreOwner"] = parsed.GetValue(owner),
                    ["include"] = Globs(parsed.GetValue(include)),
                    ["exclude"] = Globs(parsed.GetValue(exclude)),
                    ["password"] = parsed.GetValue(password) is { } file ? ServerOptions.ReadSecret(file, "Password file") : null,
                };
                if (parsed.GetValue(restorer) is { } role)
                {
                    body["restore"] = new JsonObject
                    {
                        ["user"] = role,
                        ["password"] = parsed.GetValue(restorerPassword) is { } secret
                            ? ServerOptions.ReadSecret(secret, "Password file")
                            : null,
                    };
                }
                var answer = await api.SendAsync(HttpMethod.Put, Path(text), body, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer.Body!);
                }
                else
                {
                    console.Text(
                        $"{text} {(answer.IsNew ? "created" : "saved")}: "
                            + $"{answer.Body.Find("problem", "message") ?? $"{answer.Body.Text("databases")} databases"}"
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
        var name = command.Takes("NAME", "Its name.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
                return ClientVerb.Done(console, $"{text} removed. Backups of its databases stay.", new() { ["deleted"] = text });
            }
        );
    }

    private static Command Test()
    {
        var command = new Command("test", "Try whether its databases can be backed up and restored, and tell what is missing.");
        var name = command.Takes("NAME", "Its name.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var answer = await api.PostAsync($"{Path(parsed.GetRequiredValue(name))}/test", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                }
                else
                {
                    if (answer.Find("version") is { } version)
                    {
                        console.Line($"version {version}, {answer.Text("role").ToLowerInvariant()}, {answer.Text("databases")} databases");
                    }
                    foreach (var (word, list) in ((string, string)[])[("PROBLEM", "problems"), ("note", "notes")])
                    {
                        foreach (var found in answer.Items(list))
                        {
                            console.Text($"{word}: {found.Text("message")}");
                            if (found.Find("hint") is { } hint)
                            {
                                console.Text($"  {hint}");
                            }
                        }
                    }
                }

                return answer.Items("problems").Any() ? 1 : 0;
            }
        );
    }

    private static JsonArray Globs(string[]? globs) => [.. (globs ?? []).Select(g => (JsonNode)g)];

    private static string Path(string name) => $"sources/{ApiClient.Part(name)}";

    private static int Tell(CommandConsole console, JsonArray sources)
    {
        var broken = sources.Any(s => s?["problem"] is not null);
        ClientVerb.List(console, sources, "No sources.", ["NAME", "ENGINE", ">DATABASES", "LAST LOOK", "PROBLEM"], s =>
            [
                (s.Text("name"), null),
                (s.Text("engine"), null),
                (s.Text("databases"), null),
                (s.Time("lastLook"), null),
                (s.Find("problem", "message") ?? "", "red"),
            ]
        );
        return broken ? 1 : 0;
    }
}
