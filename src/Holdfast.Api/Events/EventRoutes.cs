namespace Holdfast.Api.Events;

/// <summary>Routes of events.</summary>
public static class EventRoutes
{
    /// <summary>The stream of events.</summary>
    public const string Stream = "/events";
}
