using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast audit</c>: who did what.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit")
        {
            Description = "The newest so many (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("audit", "Who did what on the server, the newest first. Needs an Admin.") { limit }
            .OverServer()
            .Does(
                async (parsed, api, console, cancellationToken) =>
                    ClientVerb.List(
                        console,
                        await api.ListAsync("audit", cancellationToken, SharedOptions.AtLeastOne(parsed.GetValue(limit), "--limit")),
                        "Nothing yet.",
                        ["TIME", "WHO", "FROM", "ACTION", "SUBJECT", "RESULT"],
                        a =>
                            [
                                (a.Time("time"), null),
                                (a.Text("who"), null),
                                (a.Text("from"), null),
                                (a.Text("action"), null),
                                (a.Text("subject"), null),
                                (a.Text("result"), null),
                            ]
                    )
            );
    }
}
