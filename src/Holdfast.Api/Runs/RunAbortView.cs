namespace Holdfast.Api.Runs;

/// <summary>What an abort of a run has stopped.</summary>
/// <param name="Aborted">Number of backups that waited or ran.</param>
public sealed record RunAbortView(int Aborted);
