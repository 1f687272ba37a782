namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>Tests that measure memory, or lower what SQLite may take of it in the whole process, run when no other runs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
