using Holdfast.Engines;

namespace Holdfast.Server.Configuration;

/// <summary>A source of the configuration, as the factory of its engine has read it.</summary>
/// <param name="Engine">Kind of its engine.</param>
/// <param name="Config">The source.</param>
public sealed record ConfiguredSource(string Engine, SourceConfig Config);
