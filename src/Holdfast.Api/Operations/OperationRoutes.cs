namespace Holdfast.Api.Operations;

/// <summary>Routes of operations.</summary>
public static class OperationRoutes
{
    /// <summary>All operations.</summary>
    public const string List = "/operations";

    /// <summary>Number of operations in each state.</summary>
    public const string Counts = "/operations/counts";

    /// <summary>One operation.</summary>
    public const string Item = "/operations/{id}";

    /// <summary>Its log.</summary>
    public const string Log = "/operations/{id}/log";

    /// <summary>Aborts it.</summary>
    public const string Abort = "/operations/{id}/abort";

    /// <summary>Stops a backup and starts it again later.</summary>
    public const string Delay = "/operations/{id}/delay";
}
