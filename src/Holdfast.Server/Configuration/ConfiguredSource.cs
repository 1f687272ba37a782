using Holdfast.Engines.Sources;

namespace Holdfast.Server.Configuration;

/// <summary>A source in the configuration, as read by the factory of its engine.</summary>
/// <param name="Engine">Kind of its engine.</param>
/// <param name="Config">Settings of the source.</param>
public sealed record ConfiguredSource(string Engine, SourceConfig Config);
