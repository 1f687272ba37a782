using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Access;
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
            Description = "Maximum number of entries (default 50).",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
        };
        return new Command("audit", "Show the audit log, newest entries first. Needs an Admin.") { limit }
            .WithServerOptions()
            .SetServerAction(
                async (parsed, api, console, cancellationToken) =>
                    ServerCommandExtensions.WriteList(
                        console,
                        await ListAsync(api, SharedOptions.RequirePositive(parsed.GetValue(limit), "--limit"), cancellationToken),
                        "Nothing yet.",
                        ["TIME", "WHO", "FROM", "ACTION", "SUBJECT", "RESULT"],
                        a =>
                            [
                                (DisplayFormat.Time(a.Time), null),
                                (a.Who ?? "-", null),
                                (a.From ?? "-", null),
                                (a.Action, null),
                                (a.Subject ?? "-", null),
                                (a.Result, null),
                            ]
                    )
            );
    }

    private static async Task<IReadOnlyList<AuditEntry>> ListAsync(HoldfastClient api, int most, CancellationToken cancellationToken) =>
        most <= ApiRoutes.MaxPageSize
            ? (await api.Audit.ListPageAsync(limit: most, cancellationToken: cancellationToken)).Items
            : await api.Audit.ListAsync(cancellationToken: cancellationToken).Take(most).ToListAsync(cancellationToken);
}
