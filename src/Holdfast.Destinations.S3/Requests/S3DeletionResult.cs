using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>What a request to delete several objects did.</summary>
/// <param name="Failures">The keys that were not deleted, with the store's reasons.</param>
/// <param name="LeavesVersions">Whether the bucket keeps what was deleted as old versions.</param>
internal sealed record S3DeletionResult(IReadOnlyList<(string Key, HoldfastException Error)> Failures, bool LeavesVersions);
