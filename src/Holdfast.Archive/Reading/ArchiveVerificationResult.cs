using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>The result of verifying an intact archive.</summary>
/// <param name="TarBytes">Size of its tar stream, in bytes.</param>
/// <param name="Refusal">Why a restore of its point would refuse a stream; null if it would not.</param>
public sealed record ArchiveVerificationResult(long TarBytes, HoldfastException? Refusal);
