using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast logout</c>: deletes the token of this machine.</summary>
internal static class LogoutCommand
{
    public static Command Create()
    {
        var command = new Command("logout", "Delete the API token of this machine.");
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var login = Login.Load()
                    ?? throw new HoldfastException(
                        ErrorCatalog.NotFound,
                        "Nobody is signed in on this machine.",
                        $"'{Login.FilePath}' does not exist."
                    );
                var ended = true;
                try
                {
                    using var connection = new ServerConnection(ServerConnectionOptions.ParseAddress(login.Server), login.Token);
                    await connection.RunAsync(api => LoginCommand.EndTokenAsync(api, login, cancellationToken));
                }
                catch (HoldfastException e)
                {
                    // Delete the file anyway: signing out of a machine must not depend on the server.
                    ended = e.Error == ErrorCatalog.AuthenticationRequired;
                    if (!ended)
                    {
                        console.WriteNote(
                            $"The token {login.TokenId} is still valid at {login.Server}: {Sentence.EnsureTerminated(e.Message)} Delete it "
                                + $"there: holdfast token delete {login.TokenId}"
                        );
                    }
                }

                Login.Delete();
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new JsonObject { ["server"] = login.Server, ["tokenEnded"] = ended });
                }
                else
                {
                    console.WriteLine($"Signed out of {login.Server}.");
                }
                return 0;
            }
        );
        return command;
    }
}
