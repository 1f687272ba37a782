using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>Uploads at a destination that were never completed, which stores bill although no listing of files shows them.</summary>
/// <param name="At">When the node looked for them, at its start and once a day.</param>
/// <param name="Count">Number of uploads that are left: running ones, and those in which something was stored within a day.</param>
/// <param name="Removed">Number of older ones that it removed then.</param>
/// <param name="Problem">Why it could not look for them or remove them; null if it could.</param>
public sealed record UnfinishedUploadsView(DateTimeOffset At, int Count, int Removed, OperationError? Problem);
