using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast logout</c>: ends this machine's token.</summary>
internal static class LogoutCommand
{
    public static Command Create()
    {
        var command = new Command("logout", "End this machine's API token, and forget it.");
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var login = Login.Find()
                    ?? throw new HoldfastException(
                        ErrorCatalogue.NotFound,
                        "Nobody is signed in on this machine.",
                        $"'{Login.FilePath}' is not there."
                    );
                var ended = true;
                try
                {
                    using var api = new ApiClient(ServerOptions.Address(login.Server), login.Token);
                    await LoginCommand.DeleteAsync(api, login, cancellationToken);
                }
                catch (HoldfastException e)
                {
                    // The file is forgotten all the same: who leaves a machine must not depend on the server.
                    ended = e.Error == ErrorCatalogue.SignInNeeded;
                    if (!ended)
                    {
                        console.Note(
                            $"The token {login.TokenId} still stands at {login.Server}: {Sentence.End(e.Message)} Delete it "
                                + $"there: holdfast token delete {login.TokenId}"
                        );
                    }
                }

                Login.Delete();
                if (console.IsJson)
                {
                    CommandConsole.Json(new JsonObject { ["server"] = login.Server, ["tokenEnded"] = ended });
                }
                else
                {
                    console.Line($"Signed out of {login.Server}.");
                }
                return 0;
            }
        );
        return command;
    }
}
