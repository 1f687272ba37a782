using Holdfast.Engines;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;

namespace Holdfast.Server.Tests;

/// <summary>The engines that the command registers.</summary>
internal static class TestEngines
{
    public static IReadOnlyList<EngineFactory> All { get; } = [new SqliteEngineFactory(TimeProvider.System), new PostgreSqlEngineFactory()];
}
