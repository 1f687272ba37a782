using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Administration;

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
            .WithServerOptions()
            .SetServerAction(
                async (parsed, api, console, cancellationToken) =>
                    ServerCommandExtensions.WriteList(
                        console,
                        await api.ListAsync("audit", cancellationToken, SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit")),
                        "Nothing yet.",
                        ["TIME", "WHO", "FROM", "ACTION", "SUBJECT", "RESULT"],
                        a =>
                            [
                                (a.GetTime("time"), null),
                                (a.GetText("who"), null),
                                (a.GetText("from"), null),
                                (a.GetText("action"), null),
                                (a.GetText("subject"), null),
                                (a.GetText("result"), null),
                            ]
                    )
            );
    }
}
