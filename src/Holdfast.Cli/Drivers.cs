using Holdfast.Cli.Processes;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Destinations.S3;
using Holdfast.Engines;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;
using Holdfast.Node.Secrets;
using Holdfast.Server.Configuration;

namespace Holdfast.Cli;

/// <summary>The engines and destinations of this program. Each has one line here and is named nowhere else.</summary>
internal static class Drivers
{
    /// <summary>The kinds of engines.</summary>
    public static IReadOnlyList<EngineFactory> Engines { get; } =
    [new SqliteEngineFactory(TimeProvider.System, SqliteReaderProcess.Pool), new PostgreSqlEngineFactory()];

    /// <summary>Opens paths that are given on the command line.</summary>
    public static ILocalPaths Paths { get; } = LocalPaths.Unrestricted;

    /// <summary>The kind of destination that only needs a path.</summary>
    public static string FolderKind { get; } = CreateDestinations(new()).First(d => d.LocalPaths is not null).Kind;

    /// <summary>
    /// The kinds of destinations for verbs without a server: who runs the command may use the credentials of the machine.
    /// </summary>
    public static IReadOnlyList<DestinationFactory> CommandDestinations { get; } =
        CreateDestinations(new() { MachineCredentialsFor = ["*"] });

    /// <summary>The kinds of destinations that a server supports.</summary>
    public static IReadOnlyList<DestinationFactory> CreateDestinations(ServerConfig config) =>
        [
            new LocalDestinationFactory(config.LocalRoots),
            new S3DestinationFactory(
                new() { MachineCredentialsFor = config.MachineCredentialsFor, RunCommand = (name, token) => RunAsync(config, name, token) }
            ),
        ];

    private static Task<string> RunAsync(ServerConfig config, string name, CancellationToken cancellationToken) =>
        config.Commands.TryGetValue(name, out var command)
            ? new KeyCommand(name, command).RunAsync(cancellationToken)
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"There is no command '{name}'.",
                "Add it to commands in holdfast.json, and restart the server."
            );
}
