namespace Holdfast.RoundTrip.Tests;

/// <summary>Tests that measure run one after another, while no other test runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
