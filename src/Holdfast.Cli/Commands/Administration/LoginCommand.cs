using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast login</c>: signs in as a user and stores an API token for this machine.</summary>
internal static class LoginCommand
{
    private const string NonInteractiveHint =
        "Give --user NAME and --password-file FILE (and --new-password-file FILE if a one-time password must be changed).";

    private const int MaxTokenNameLength = 64;

    public static Command Create()
    {
        var server = new Option<string>("--server")
        {
            Description = "Address of the server.",
            HelpName = "URL",
            Required = true,
        };
        var user = new Option<string>("--user") { Description = "User name; prompted for if omitted.", HelpName = "NAME" };
        var passwordFile = new Option<string>("--password-file")
        {
            Description = "A file of mode 0600 with the password, - for a line of standard input. Prompted for if omitted.",
            HelpName = "FILE",
        };
        var newPasswordFile = new Option<string>("--new-password-file")
        {
            Description = "The same for the new password that replaces a one-time password.",
            HelpName = "FILE",
        };
        var command = new Command("login", "Sign in to a server and store an API token on this machine. Needs an Admin.")
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
                using var connection = new ServerConnection(address, token: null);
                var name = parsed.GetValue(user) ?? Prompt("User: ", secret: false);
                var password = parsed.GetValue(passwordFile) is { } file
                    ? ServerConnectionOptions.ReadSecret(file, "Password file")
                    : Prompt("Password: ", secret: true);
                var login = await connection.RunAsync(async api =>
                {
                    var session = await api.Session.SignInAsync(new(name, password), cancellationToken);
                    if (session.MustChangePassword)
                    {
                        var chosen = parsed.GetValue(newPasswordFile) is { } newFile
                            ? ServerConnectionOptions.ReadSecret(newFile, "New password file")
                            : PromptNewPassword();
                        session = await api.Session.ChangePasswordAsync(new(password, chosen), cancellationToken);
                    }
                    return await KeepTokenAsync(api, address, session, cancellationToken);
                });
                var (who, role) = (login.User, nameof(Role.Admin));
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new(shown, who, role, Login.FilePath), CliJson.Default.LoginView);
                }
                else
                {
                    console.WriteLine(
                        $"Signed in to {shown} as {who} ({role}). The token for this machine is in {Login.FilePath}; holdfast "
                            + "logout deletes it."
                    );
                }
                return 0;
            }
        );
        return command;
    }

    /// <summary>Deletes the token of a login on its server.</summary>
    /// <returns>Whether the token existed; it may have been deleted before.</returns>
    public static async Task<bool> EndTokenAsync(HoldfastClient api, Login login, CancellationToken cancellationToken)
    {
        try
        {
            await api.Tokens.DeleteAsync(login.TokenId, cancellationToken);
            return true;
        }
        catch (ApiException e) when (e.Code == ErrorCatalog.NotFound.Code)
        {
            return false;
        }
    }

    // Creates this machine's token, saves it, and ends the session that it was created in.
    private static async Task<Login> KeepTokenAsync(
        HoldfastClient api,
        Uri address,
        SessionView session,
        CancellationToken cancellationToken
    )
    {
        var (who, role) = (session.User, session.Role);
        if (role != Role.Admin)
        {
            await api.Session.SignOutAsync(cancellationToken);
            throw new HoldfastException(
                ErrorCatalog.Forbidden,
                $"'{who}' is {role}, and only an Admin can create API tokens.",
                $"Ask an Admin for a token (holdfast token create NAME --role {role} --out FILE), and pass it with --token-file FILE."
            );
        }

        var old = Login.Load();
        var label = $"{who} at {Environment.MachineName}";
        var token = await api.Tokens.CreateAsync(
            new() { Name = label[..Math.Min(label.Length, MaxTokenNameLength)], Role = role },
            cancellationToken
        );
        var login = new Login(address.AbsoluteUri.TrimEnd('/'), who, token.Id, token.Token ?? "");
        login.Save();
        if (old is not null && ServerConnectionOptions.ParseAddress(old.Server) == address)
        {
            await EndTokenAsync(api, old, cancellationToken); // one machine has one token
        }
        await api.Session.SignOutAsync(cancellationToken);
        return login;
    }

    private static string PromptNewPassword()
    {
        var (first, again) = (
            Prompt("The one-time password must be changed. New password: ", secret: true),
            Prompt("Repeat: ", secret: true)
        );
        return first == again
            ? first
            : throw new HoldfastException(ErrorCatalog.Usage, "The two new passwords differ.", "Nothing was changed. Try again.");
    }

    private static string Prompt(string question, bool secret) =>
        secret ? TerminalPrompt.PromptSecret(question, NonInteractiveHint) : TerminalPrompt.Prompt(question, NonInteractiveHint);
}
