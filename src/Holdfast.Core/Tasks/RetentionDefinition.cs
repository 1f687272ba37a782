namespace Holdfast.Core.Tasks;

/// <summary>How long backups are kept, as an operator writes it.</summary>
/// <param name="MinimumAgeDays">Days; 1 and more.</param>
public sealed record RetentionDefinition(double MinimumAgeDays);
