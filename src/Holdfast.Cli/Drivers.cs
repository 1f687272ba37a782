using Holdfast.Cli.Processes;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Engines;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;
using Holdfast.Server.Configuration;

namespace Holdfast.Cli;

/// <summary>The engines and destinations that this program has: each is one line here, and named nowhere else.</summary>
internal static class Drivers
{
    /// <summary>The kinds of engines.</summary>
    public static IReadOnlyList<EngineFactory> Engines { get; } =
    [new SqliteEngineFactory(TimeProvider.System, SqliteReaderProcess.Pool), new PostgreSqlEngineFactory()];

    /// <summary>Opens the paths that people give to the command.</summary>
    public static ILocalPaths Paths { get; } = LocalPaths.Unrestricted;

    /// <summary>The kind of destination that a path alone defines.</summary>
    public static string FolderKind { get; } = CreateDestinations(new()).First(d => d.LocalPaths is not null).Kind;

    /// <summary>The kinds of destinations that a server can have.</summary>
    public static IReadOnlyList<DestinationFactory> CreateDestinations(ServerConfig config) =>
        [new LocalDestinationFactory(config.LocalRoots)];
}
