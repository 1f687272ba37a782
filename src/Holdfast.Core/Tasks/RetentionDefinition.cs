namespace Holdfast.Core.Tasks;

/// <summary>How long backups are kept, as an operator defines it.</summary>
/// <param name="MinimumAgeDays">Minimum age in days; at least 1.</param>
public sealed record RetentionDefinition(double MinimumAgeDays);
