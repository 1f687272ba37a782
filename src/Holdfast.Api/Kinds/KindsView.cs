using Holdfast.Core.Kinds;

namespace Holdfast.Api.Kinds;

/// <summary>The kinds of engines and destinations that a server has, with the forms that define sources and destinations.</summary>
/// <param name="Engines">The kinds of engines.</param>
/// <param name="Destinations">The kinds of destinations.</param>
public sealed record KindsView(IReadOnlyList<EngineKind> Engines, IReadOnlyList<DestinationKind> Destinations);
