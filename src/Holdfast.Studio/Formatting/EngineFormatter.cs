namespace Holdfast.Studio.Formatting;

/// <summary>Engines as their makers write them.</summary>
public static class EngineFormatter
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
