using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;
using Holdfast.Engines;

namespace Holdfast.Cli.Sources;

/// <summary>The options of a verb that opens a source: which databases, and the password of a server.</summary>
internal sealed class SourceOptions
{
    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [Exclude, Encrypted, PasswordFile, AskPassword];

    /// <summary>Globs of names of encrypted databases.</summary>
    public Option<string[]> Encrypted { get; } =
        new("--encrypted")
        {
            Description = "SQLite: databases whose names match GLOB are encrypted; their files have no recognizable header. Repeatable.",
            HelpName = "GLOB",
        };

    /// <summary>Globs of names of databases to exclude.</summary>
    public Option<string[]> Exclude { get; } =
        new("--exclude") { Description = "Exclude databases whose names match GLOB. Repeatable.", HelpName = "GLOB" };

    /// <summary>File with the password of a database server.</summary>
    public Option<string> PasswordFile { get; } =
        new("--password-file")
        {
            Description =
                "PostgreSQL: a file of mode 0600 with the password, - for a line of standard input. Default: ~/.pgpass "
                + "and peer authentication.",
            HelpName = "FILE",
        };

    /// <summary>Whether to ask for the password at the terminal.</summary>
    public Option<bool> AskPassword { get; } = new("--ask-password") { Description = "PostgreSQL: ask for the password at the terminal." };

    /// <summary>The given globs of encrypted databases.</summary>
    public IReadOnlyList<string> GetEncrypted(ParseResult parsed) => parsed.GetValue(Encrypted) ?? [];

    /// <summary>The given globs of databases to exclude.</summary>
    public IReadOnlyList<string> GetExcluded(ParseResult parsed) => parsed.GetValue(Exclude) ?? [];

    /// <summary>A function that returns the password, which is read or asked for once; null if no option requests it.</summary>
    public Func<CancellationToken, ValueTask<string?>>? GetPassword(ParseResult parsed)
    {
        var file = parsed.GetValue(PasswordFile);
        if (file is not null && parsed.GetValue(AskPassword))
        {
            SharedOptions.RejectOptions(parsed, "with --password-file", AskPassword);
        }
        var password =
            file is not null ? ServerConnectionOptions.ReadSecret(file, "Password file")
            : parsed.GetValue(AskPassword) ? TerminalPrompt.PromptSecret("Password: ", "Give --password-file FILE.")
            : null;
        return password is null ? null : _ => new(password);
    }

    /// <summary>Rejects options that apply only to database servers.</summary>
    public void RejectServerOptions(ParseResult parsed, EngineFactory engine) =>
        SharedOptions.RejectOptions(parsed, $"with files of {engine.Description.Label}", PasswordFile, AskPassword);

    /// <summary>Rejects options that apply only to servers if the engine has files, and the other way round.</summary>
    public void RejectOptionsOfOthers(ParseResult parsed, EngineFactory engine)
    {
        if (engine.HasFiles)
        {
            RejectServerOptions(parsed, engine);
        }
        else
        {
            SharedOptions.RejectOptions(parsed, $"with a {engine.Description.Label} server", Encrypted);
        }
    }
}
