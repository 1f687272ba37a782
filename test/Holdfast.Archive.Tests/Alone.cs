namespace Holdfast.Archive.Tests;

/// <summary>Tests that measure run one after another, when no other runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
