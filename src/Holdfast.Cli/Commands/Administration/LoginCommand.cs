using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast login</c>: signs in as a user once, and keeps an API token for this machine.</summary>
internal static class LoginCommand
{
    private const string NonInteractiveHint =
        "Give --user NAME and --password-file FILE (and --new-password-file FILE where a one-time password has to be changed).";

    private const int MaxTokenNameLength = 64;

    public static Command Create()
    {
        var server = new Option<string>("--server")
        {
            Description = "Address of the server.",
            HelpName = "URL",
            Required = true,
        };
        var user = new Option<string>("--user") { Description = "Who signs in; asked for where it is left out.", HelpName = "NAME" };
        var passwordFile = new Option<string>("--password-file")
        {
            Description = "A file of mode 0600 with the password, - for a line of standard input; asked for where it is left out.",
            HelpName = "FILE",
        };
        var newPasswordFile = new Option<string>("--new-password-file")
        {
            Description = "The same for a new password, which a one-time password has to be changed to.",
            HelpName = "FILE",
        };
        var command = new Command("login", "Sign in to a server, and keep an API token for this machine. Needs an Admin.")
        {
            server,
            user,
            passwordFile,
            newPasswordFile,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var address = ServerConnectionOptions.ParseAddress(parsed.GetRequiredValue(server));
                var shown = address.AbsoluteUri.TrimEnd('/');
                using var api = new ApiClient(address, token: null);
                var name = parsed.GetValue(user) ?? Prompt("User: ", secret: false);
                var password = parsed.GetValue(passwordFile) is { } file
                    ? ServerConnectionOptions.ReadSecret(file, "Password file")
                    : Prompt("Password: ", secret: true);
                var session = await api.PostAsync(
                    "session",
                    new JsonObject { ["user"] = name, ["password"] = password },
                    cancellationToken
                );
                if (session.GetBoolean("mustChangePassword"))
                {
                    var chosen = parsed.GetValue(newPasswordFile) is { } newFile
                        ? ServerConnectionOptions.ReadSecret(newFile, "New password file")
                        : PromptNewPassword();
                    session = await api.PostAsync(
                        "session/password",
                        new JsonObject { ["password"] = password, ["newPassword"] = chosen },
                        cancellationToken
                    );
                }

                var (who, role) = (session.GetText("user"), session.GetText("role"));
                if (role != "Admin")
                {
                    await api.SendAsync(HttpMethod.Delete, "session", null, cancellationToken);
                    throw new HoldfastException(
                        ErrorCatalogue.Forbidden,
                        $"'{who}' is {role}, and only an Admin may make API tokens.",
                        $"Ask one for a token (holdfast token create NAME --role {role} --out FILE), and pass it with --token-file FILE."
                    );
                }

                var old = Login.Load();
                var label = $"{who} at {Environment.MachineName}";
                var token = await api.PostAsync(
                    "tokens",
                    new JsonObject { ["name"] = label[..Math.Min(label.Length, MaxTokenNameLength)], ["role"] = role },
                    cancellationToken
                );
                new Login(shown, who, token.GetText("id"), token.GetText("token")).Save();
                if (old is not null && ServerConnectionOptions.ParseAddress(old.Server) == address)
                {
                    await DeleteAsync(api, old, cancellationToken); // one machine, one token
                }
                await api.SendAsync(HttpMethod.Delete, "session", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new(shown, who, role, Login.FilePath), CliJson.Default.LoginView);
                }
                else
                {
                    console.WriteLine(
                        $"Signed in to {shown} as {who} ({role}). The token for this machine is in {Login.FilePath}; holdfast "
                            + "logout ends it."
                    );
                }
                return 0;
            }
        );
        return command;
    }

    /// <summary>Deletes a login's token at its server; one that is gone already is as good.</summary>
    public static async Task DeleteAsync(ApiClient api, Login login, CancellationToken cancellationToken)
    {
        try
        {
            await api.SendAsync(HttpMethod.Delete, $"tokens/{ApiClient.EscapeSegment(login.TokenId)}", null, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
        {
            // Somebody has ended it before.
        }
    }

    private static string PromptNewPassword()
    {
        var (first, again) = (
            Prompt("The one-time password has to be changed. New password: ", secret: true),
            Prompt("Once more: ", secret: true)
        );
        return first == again
            ? first
            : throw new HoldfastException(ErrorCatalogue.Usage, "The two new passwords differ.", "Nothing was changed; try again.");
    }

    private static string Prompt(string question, bool secret) =>
        secret ? TerminalPrompt.PromptSecret(question, NonInteractiveHint) : TerminalPrompt.Prompt(question, NonInteractiveHint);
}
