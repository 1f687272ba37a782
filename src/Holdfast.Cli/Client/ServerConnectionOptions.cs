using System.CommandLine;
using System.Text;
using Holdfast.Api;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Client;

/// <summary>The options that select a server and a token.</summary>
internal static class ServerConnectionOptions
{
    public static readonly Option<string> Server = new("--server")
    {
        Description = "Address of the server (default: the one of holdfast login, else http://127.0.0.1:8420).",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string> TokenFile = new("--token-file")
    {
        Description = "A file of mode 0600 with an API token (default: the token of holdfast login).",
        HelpName = "FILE",
        Recursive = true,
    };

    private const string DefaultServer = "http://127.0.0.1:8420";
    private const int MaxSecretBytes = 4096;

    /// <summary>Adds both options to a verb and its subcommands.</summary>
    public static Command WithServerOptions(this Command command)
    {
        command.Add(Server);
        command.Add(TokenFile);
        return command;
    }

    /// <summary>Whether the command line names a server.</summary>
    public static bool IsServerGiven(ParseResult parsed) => parsed.GetValue(Server) is not null || parsed.GetValue(TokenFile) is not null;

    /// <summary>Whether a server is known: given on the command line, or by holdfast login.</summary>
    public static bool IsServerKnown(ParseResult parsed) => IsServerGiven(parsed) || File.Exists(Login.FilePath);

    /// <summary>Runs work with a client of the selected server.</summary>
    /// <exception cref="HoldfastException">
    /// The address is not valid, there is no token for it, or the server refused, failed, or does not answer.
    /// </exception>
    public static async Task<T> RunAsync<T>(ParseResult parsed, Func<HoldfastClient, Task<T>> work)
    {
        using var connection = Connect(parsed);
        return await connection.RunAsync(work);
    }

    /// <summary>Creates a connection to the selected server.</summary>
    /// <exception cref="HoldfastException">The address is not valid, or there is no token for it.</exception>
    public static ServerConnection Connect(ParseResult parsed)
    {
        var login = parsed.GetValue(Server) is not null && parsed.GetValue(TokenFile) is not null ? null : Login.Load();
        var server = ParseAddress(parsed.GetValue(Server) ?? login?.Server ?? DefaultServer);
        if (parsed.GetValue(TokenFile) is { } file)
        {
            return new(server, ReadSecret(file, "Token file"));
        }
        if (login is not null && ParseAddress(login.Server) == server)
        {
            return new(server, login.Token); // the token is only sent to the server that created it
        }
        throw new HoldfastException(
            ErrorCatalog.AuthenticationRequired,
            $"There is no API token for {server.AbsoluteUri.TrimEnd('/')}.",
            "Create one for this machine with holdfast login --server URL, or give one with --token-file FILE."
        );
    }

    /// <summary>Parses the address of a server.</summary>
    public static Uri ParseAddress(string text)
    {
        if (
            !Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length + uri.Query.Length + uri.Fragment.Length > 0
        )
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{text}' is not the address of a server.",
                $"For example {DefaultServer}, or https://backup.example.com:8420."
            );
        }
        return uri.Scheme == "https" || uri.IsLoopback
            ? uri
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{text}' uses http and is not on this machine: the token would be sent unencrypted.",
                "Use https, or a tunnel: ssh -L 8420:localhost:8420 HOST"
            );
    }

    /// <summary>Reads the secret from a file that only this user can access; <c>-</c> reads a line of standard input.</summary>
    public static string ReadSecret(string file, string what)
    {
        var text = (
            file == "-" ? Console.In.ReadLine() ?? "" : Encoding.UTF8.GetString(PrivateFile.Read(file, what, MaxSecretBytes))
        ).Trim();
        return text.Length > 0 && !text.Any(char.IsControl)
            ? text
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"{what} '{file}' does not contain exactly one line of text.",
                "It must contain the secret and nothing else."
            );
    }
}
