using Holdfast.Core.Operations;

namespace Holdfast.Node.Discovery;

/// <summary>What the last look at a source came to.</summary>
/// <param name="At">When it was; null before the first.</param>
/// <param name="Databases">Databases that were found.</param>
/// <param name="Problem">Why it could not be looked at; null where it could. What was known of its databases stands.</param>
public sealed record SourceStatus(DateTimeOffset? At, int Databases, OperationError? Problem);
