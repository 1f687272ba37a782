using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>Chains of one task or template that have not been verified for twice the interval that it sets.</summary>
/// <param name="Task">The task; for a template, the task of any of its databases.</param>
/// <param name="Chains">Number of chains, counted once for each destination.</param>
/// <param name="Since">When the oldest of them was last verified, or when it began if it never was.</param>
public sealed record VerificationAlertInput(BackupTask Task, int Chains, DateTimeOffset Since);
