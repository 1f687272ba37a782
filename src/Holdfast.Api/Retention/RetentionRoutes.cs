namespace Holdfast.Api.Retention;

/// <summary>Routes of manual retention.</summary>
public static class RetentionRoutes
{
    /// <summary>Previews it, or runs it.</summary>
    public const string Retention = "/databases/{id}/tasks/{taskId}/retention";

    /// <summary>Deletes what was approved.</summary>
    public const string Approve = "/databases/{id}/tasks/{taskId}/retention/approve";
}
