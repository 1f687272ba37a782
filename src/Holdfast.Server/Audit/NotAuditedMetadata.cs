namespace Holdfast.Server.Audit;

/// <summary>Says of an endpoint that its requests do nothing of their own: what they lead to is written down where it is done.</summary>
public sealed class NotAuditedMetadata
{
    /// <summary>The one there is.</summary>
    public static readonly NotAuditedMetadata Instance = new();

    private NotAuditedMetadata() { }
}
