using System.Collections;
using System.CommandLine;
using Holdfast.Server;
using Holdfast.Server.Configuration;
using Holdfast.Server.Hosting;
using Holdfast.Studio.Hosting;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast serve</c>: runs a node until it is stopped.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config")
        {
            Description = "Path of holdfast.json. Without it, the environment (HOLDFAST_…) and defaults apply.",
            HelpName = "FILE",
        };
        var data = new Option<string>("--data")
        {
            Description = "The server's own folder: state, keys, audit log (default $XDG_DATA_HOME/holdfast/server).",
            HelpName = "DIR",
        };
        var adminToken = new Option<string>("--admin-token-file")
        {
            Description = "A file of mode 0600 with an API token for automation.",
            HelpName = "FILE",
        };
        var command = new Command("serve", "Run a node: schedules, API, Studio. Ctrl+C or SIGTERM shuts it down gracefully.")
        {
            config,
            data,
            adminToken,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var folder = Path.GetFullPath(
                    parsed.GetValue(data) ?? Path.Combine(Path.GetDirectoryName(Node.Keys.NodeKey.DefaultPath)!, "server")
                );
                var environment = Environment
                    .GetEnvironmentVariables()
                    .Cast<DictionaryEntry>()
                    .ToDictionary(e => (string)e.Key, e => (string)(e.Value ?? ""), StringComparer.Ordinal);
                var loaded = ServerConfigLoader.Load(
                    parsed.GetValue(config) is { } file ? Path.GetFullPath(file) : null,
                    folder,
                    environment,
                    Drivers.Engines
                );
                ListenAddressCheck.EnsureAvailable(loaded); // before the data folder is created
                await using var server = HoldfastServer.Build(
                    new()
                    {
                        Config = loaded,
                        DataFolder = folder,
                        AdminTokenFile = parsed.GetValue(adminToken),
                        Engines = Drivers.Engines,
                        Destinations = Drivers.CreateDestinations(loaded),
                    },
                    StudioHosting.AddStudio
                );
                server.MapStudio();
                await RunAsync(server, loaded, cancellationToken);
                return 0;
            }
        );
        return command;
    }

    // Shut down gracefully even if stopped during startup: backups that have begun get their grace period.
    private static async Task RunAsync(WebApplication server, ServerConfig config, CancellationToken cancellationToken)
    {
        try
        {
            HoldfastServer.OpenState(server);
            await server.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            // report why it could not start instead
            await server.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ListenAddressCheck.Explain(config, e) is { } taken)
            {
                throw taken; // another program has taken the address since the check
            }
            throw;
        }

        await server.WaitForShutdownAsync(cancellationToken);
    }
}
