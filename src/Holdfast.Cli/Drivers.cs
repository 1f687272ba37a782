using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Server.Configuration;

namespace Holdfast.Cli;

/// <summary>The engines and destinations that this program has: each is one line here, and named nowhere else.</summary>
internal static class Drivers
{
    /// <summary>Opens the paths that people give to the command.</summary>
    public static ILocalPaths Paths { get; } = LocalPaths.Unrestricted;

    /// <summary>The kinds of destinations that a server can have.</summary>
    public static IReadOnlyList<DestinationFactory> CreateDestinations(ServerConfig config) =>
        [new LocalDestinationFactory(config.LocalRoots)];
}
