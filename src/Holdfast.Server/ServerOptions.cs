using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Server.Configuration;

namespace Holdfast.Server;

/// <summary>Options of <c>holdfast serve</c>.</summary>
public sealed record ServerOptions
{
    /// <summary>The configuration.</summary>
    public required ServerConfig Config { get; init; }

    /// <summary>The data folder of the server: state, audit log, keys.</summary>
    public required string DataFolder { get; init; }

    /// <summary>File with an API token for automation, mode 0600; null for none.</summary>
    public string? AdminTokenFile { get; init; }

    /// <summary>The kinds of engines. Default: none.</summary>
    public IReadOnlyList<EngineFactory> Engines { get; init; } = [];

    /// <summary>The kinds of destinations. Default: none.</summary>
    public IReadOnlyList<DestinationFactory> Destinations { get; init; } = [];

    /// <summary>The clock. Default: the system clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
