namespace Holdfast.Api.InProcess;

/// <summary>Marks an endpoint whose requests are not recorded in the audit log, because they change nothing themselves.</summary>
public sealed class NotAuditedMetadata
{
    /// <summary>The only instance.</summary>
    public static readonly NotAuditedMetadata Instance = new();

    private NotAuditedMetadata() { }
}
