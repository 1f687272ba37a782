namespace Holdfast.Studio.Formatting;

/// <summary>Formats names of database engines.</summary>
public static class EngineFormatter
{
    /// <summary>The product name of an engine.</summary>
    public static string Of(string engine) =>
        engine switch
        {
            "sqlite" => "SQLite",
            "postgresql" => "PostgreSQL",
            "mariadb" => "MariaDB",
            _ => engine,
        };
}
