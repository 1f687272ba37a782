using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Network;

namespace Holdfast.Server.Configuration;

/// <summary>Validates the values of a configuration that was read.</summary>
internal static class ConfigValidator
{
    public static void Validate(ServerConfig config, Action<string, string> report)
    {
        if (config.Node.Length is < 1 or > 4 || !config.Node.All(char.IsAsciiLetterUpper))
        {
            report("node", $"'{config.Node}' must be 1 to 4 capital letters, A to Z.");
        }
        if (ListenAddress.Validate(config.Listen, config.Tls is not null) is { } error)
        {
            report("listen", error);
        }
        ValidateAddress("webhook.url", config.Webhook, report);
        ValidateAddress("heartbeat.url", config.Heartbeat, report);
        if (config.Tls is { } tls)
        {
            ValidateFileExists("tls.certificate", tls.Certificate, report);
            ValidateFileExists("tls.key", tls.Key, report);
        }

        foreach (var (name, words) in config.Commands)
        {
            if (!DatabaseId.IsSourceName(name))
            {
                report($"commands.{name}", "the name must be 1 to 64 letters, digits, '.', '_' and '-'.");
            }
            if (words.Count == 0)
            {
                report($"commands.{name}", "must be a list of the program and its arguments.");
            }
        }

        foreach (var (databases, command) in config.DatabaseKeys)
        {
            if (!databases.Contains('/', StringComparison.Ordinal))
            {
                report($"databaseKeys.{databases}", "must be the id of a database, SOURCE/NAME, or a glob over ids.");
            }
            if (command.Length > 0 && !config.Commands.ContainsKey(command))
            {
                report($"databaseKeys.{databases}", $"'{command}' is not defined in 'commands'.");
            }
        }
    }

    private static void ValidateAddress(string key, AddressConfig? address, Action<string, string> report)
    {
        if (address is not { Url.Length: > 0 })
        {
            return;
        }
        try
        {
            OutgoingAddressPolicy.Validate(address.Url);
        }
        catch (HoldfastException e)
        {
            report(key, Sentence.Join(e.Message, e.Hint));
        }
    }

    private static void ValidateFileExists(string key, string path, Action<string, string> report)
    {
        if (path.Length > 0 && !File.Exists(path))
        {
            report(key, $"'{path}' does not exist or cannot be read.");
        }
    }
}
