using Holdfast.Core.Operations;

namespace Holdfast.Api.Retention;

/// <summary>A file of an expired chain that could not be deleted.</summary>
/// <param name="Path">Its path at the destination.</param>
/// <param name="Problem">Why; <c>destination-locked</c> for one that waits until its lock ends.</param>
public sealed record UndeletedFileView(string Path, OperationError Problem);
