namespace Holdfast.Api.Runs;

/// <summary>The result of an abort of a run.</summary>
/// <param name="Aborted">Number of queued or running backups that were aborted.</param>
public sealed record RunAbortView(int Aborted);
