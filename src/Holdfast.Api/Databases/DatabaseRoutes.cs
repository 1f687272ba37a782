namespace Holdfast.Api.Databases;

/// <summary>Routes of databases.</summary>
public static class DatabaseRoutes
{
    /// <summary>All databases.</summary>
    public const string List = "/databases";

    /// <summary>Number of databases in each state.</summary>
    public const string Counts = "/databases/counts";

    /// <summary>One database.</summary>
    public const string Item = "/databases/{id}";

    /// <summary>The key of one encrypted database.</summary>
    public const string Key = "/databases/{id}/key";
}
