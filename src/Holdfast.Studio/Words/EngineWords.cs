namespace Holdfast.Studio.Words;

/// <summary>Engines as their makers write them.</summary>
public static class EngineWords
{
    /// <summary>An engine's name.</summary>
    public static string Of(string engine) =>
        engine switch
        {
            "sqlite" => "SQLite",
            "postgresql" => "PostgreSQL",
            "mariadb" => "MariaDB",
            _ => engine,
        };
}
