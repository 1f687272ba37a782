using Holdfast.Core.Operations;

namespace Holdfast.Node.Destinations.Uploads;

/// <summary>What a node found of uploads that were never completed at one destination.</summary>
/// <param name="At">When it looked.</param>
/// <param name="Count">Number of uploads that are left: running ones, and those that may still be.</param>
/// <param name="Removed">Number of uploads that it removed then.</param>
/// <param name="Problem">Why it could not look or remove; null if it could.</param>
public sealed record UnfinishedUploads(DateTimeOffset At, int Count, int Removed, OperationError? Problem);
