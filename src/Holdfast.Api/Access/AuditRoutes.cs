namespace Holdfast.Api.Access;

/// <summary>Routes of the audit log.</summary>
public static class AuditRoutes
{
    /// <summary>The entries.</summary>
    public const string List = "/audit";
}
