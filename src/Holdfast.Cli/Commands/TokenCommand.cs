using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast token</c>: API tokens, for programs.</summary>
internal static class TokenCommand
{
    public static Command Create() =>
        new Command("token", "API tokens, for programs. Needs an Admin.") { ListCommand(), CreateToken(), Delete() }.OverServer();

    private static Command ListCommand() =>
        new Command("list", "List tokens; never what they are.").Does(
            async (parsed, api, console, cancellationToken) =>
                ClientVerb.List(
                    console,
                    await api.ListAsync("tokens", cancellationToken),
                    "No tokens.",
                    ["ID", "NAME", "ROLE", "CREATED", "BY", "EXPIRES", "LAST USED"],
                    t =>
                        [
                            (t.Text("id"), null),
                            (t.Text("name"), null),
                            (t.Text("role"), null),
                            (t.Time("created"), null),
                            (t.Text("createdBy"), null),
                            (t.Time("expires"), null),
                            (t.Time("lastUsed"), null),
                        ]
                )
        );

    private static Command CreateToken()
    {
        var command = new Command("create", "Make a token. It is shown once, or written to a file.");
        var name = command.Takes("NAME", "What it is for.");
        var role = new Option<string>("--role")
        {
            Description = "What it may do.",
            HelpName = "Viewer|Operator|Admin",
            Required = true,
        };
        role.AcceptOnlyFromAmong("Viewer", "Operator", "Admin");
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "When it ends (default: never).", HelpName = "TIME" };
        var file = new Option<string>("--out")
        {
            Description = "Write it to FILE, which must not exist, readable by this user only; default: show it.",
            HelpName = "FILE",
        };
        command.Add(role);
        command.Add(expires);
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = parsed.GetValue(file);
                if (path is not null && System.IO.Path.Exists(path))
                {
                    throw new HoldfastException(ErrorCatalogue.TargetExists, $"'{path}' is there already.", "Choose another name.");
                }
                var request = new JsonObject { ["name"] = parsed.GetRequiredValue(name), ["role"] = parsed.GetRequiredValue(role) };
                if (parsed.GetValue(expires) is { } end)
                {
                    request["expires"] = end;
                }
                var token = await api.PostAsync("tokens", request, cancellationToken);
                if (path is not null)
                {
                    Write(path, token.Text("token"));
                    token["token"] = null;
                    token["file"] = path;
                }

                if (console.IsJson)
                {
                    CommandConsole.Json(token);
                }
                else
                {
                    console.Line(path is null ? token.Text("token") : $"{token.Text("name")} ({token.Text("role")}) is in {path}.");
                }
                if (path is null)
                {
                    console.Note($"Id {token.Text("id")}. It is not shown again.");
                }
                return 0;
            }
        );
    }

    private static void Write(string path, string token)
    {
        try
        {
            PrivateFile.Write(path, Encoding.ASCII.GetBytes(token + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.DestinationFailed,
                $"The token was made, and '{path}' cannot be written: {e.Message}",
                "Delete the token (holdfast token list), and make another.",
                e
            );
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a token. It ends at once.");
        var id = command.Takes("ID", "Its id.");
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                await api.SendAsync(HttpMethod.Delete, $"tokens/{ApiClient.Part(text)}", null, cancellationToken);
                return ClientVerb.Done(console, $"{text} deleted.", new() { ["deleted"] = text });
            }
        );
    }
}
