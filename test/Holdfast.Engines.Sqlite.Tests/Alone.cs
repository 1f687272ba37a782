namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>Tests that measure memory, or limit SQLite's memory for the whole process, run while no other test runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
