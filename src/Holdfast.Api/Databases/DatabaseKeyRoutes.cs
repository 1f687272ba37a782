namespace Holdfast.Api.Databases;

/// <summary>Routes of database keys.</summary>
public static class DatabaseKeyRoutes
{
    /// <summary>Databases and globs that have a key.</summary>
    public const string List = "/database-keys";

    /// <summary>The key of all databases whose id matches a glob.</summary>
    public const string Item = "/database-keys/{databases}";
}
