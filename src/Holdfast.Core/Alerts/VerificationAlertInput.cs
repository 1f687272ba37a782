using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>Chains of one task or template that were not verified for twice as long as it asks for.</summary>
/// <param name="Task">The task; of a template, that of any of its databases.</param>
/// <param name="Chains">How many they are, each counted once for each destination.</param>
/// <param name="Since">When the first of them was verified last, or begun where it never was.</param>
public sealed record VerificationAlertInput(BackupTask Task, int Chains, DateTimeOffset Since);
