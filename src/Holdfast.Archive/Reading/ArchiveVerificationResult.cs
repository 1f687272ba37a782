using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>What reading an archive to its end came to, where it is whole.</summary>
/// <param name="TarBytes">Bytes of its tar stream.</param>
/// <param name="Refusal">What a restore of its point would refuse in a stream; null for nothing.</param>
public sealed record ArchiveVerificationResult(long TarBytes, HoldfastException? Refusal);
