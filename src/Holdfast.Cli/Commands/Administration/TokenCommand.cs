using System.CommandLine;
using System.Text;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast token</c>: API tokens, for programs.</summary>
internal static class TokenCommand
{
    public static Command Create() =>
        new Command("token", "API tokens, for programs. Needs an Admin.") { ListCommand(), CreateToken(), Delete() }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List tokens, without their secrets.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.Tokens.ListAsync(cancellationToken),
                    "No tokens.",
                    ["ID", "NAME", "ROLE", "CREATED", "BY", "EXPIRES", "LAST USED"],
                    t =>
                        [
                            (t.Id, null),
                            (t.Name, null),
                            (t.Role.ToString(), null),
                            (DisplayFormat.Time(t.Created), null),
                            (t.CreatedBy, null),
                            (DisplayFormat.Time(t.Expires), null),
                            (DisplayFormat.Time(t.LastUsed), null),
                        ]
                )
        );

    private static Command CreateToken()
    {
        var command = new Command("create", "Create a token. It is shown once, or written to a file.");
        var name = command.AddArgument("NAME", "Its purpose.");
        var role = new Option<string>("--role")
        {
            Description = "Its role.",
            HelpName = "Viewer|Operator|Admin",
            Required = true,
        };
        role.AcceptOnlyFromAmong("Viewer", "Operator", "Admin");
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "When it expires (default: never).", HelpName = "TIME" };
        var file = new Option<string>("--out")
        {
            Description = "Write it to FILE, which must not exist, readable by this user only. Default: print it.",
            HelpName = "FILE",
        };
        command.Add(role);
        command.Add(expires);
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var path = parsed.GetValue(file);
                if (path is not null && System.IO.Path.Exists(path))
                {
                    throw new HoldfastException(ErrorCatalog.TargetExists, $"'{path}' already exists.", "Choose another name.");
                }
                var request = new TokenRequest
                {
                    Name = parsed.GetRequiredValue(name),
                    Role = Enum.Parse<Role>(parsed.GetRequiredValue(role)),
                    Expires = parsed.GetValue(expires),
                };
                var token = await api.Tokens.CreateAsync(request, cancellationToken);
                if (path is not null)
                {
                    Write(path, token.Token ?? "");
                }
                if (console.IsJson)
                {
                    var document = ClientJson.ToDocument(token);
                    if (path is not null)
                    {
                        document["token"] = null;
                        document["file"] = path;
                    }
                    CommandConsole.WriteJson(document);
                }
                else
                {
                    console.WriteLine(path is null ? token.Token ?? "-" : $"{token.Name} ({token.Role}) is in {path}.");
                }
                if (path is null)
                {
                    console.WriteNote($"Id {token.Id}. The token is not shown again.");
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
                ErrorCatalog.DestinationFailed,
                $"The token was created, but '{path}' cannot be written: {e.Message}",
                "Delete the token (holdfast token list) and create another one.",
                e
            );
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Delete a token. It becomes invalid at once.");
        var id = command.AddArgument("ID", "Its id.");
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(id);
                await api.Tokens.DeleteAsync(text, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} deleted.", new() { ["deleted"] = text });
            }
        );
    }
}
