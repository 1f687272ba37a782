using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>How the last test of a destination went, since the server was started.</summary>
/// <param name="FreeBytes">
/// Bytes that were free there when it was looked at last, about once a minute; null where that is not known.
/// </param>
/// <param name="At">When it was tested; null where it was not, as it is defined now.</param>
/// <param name="Problem">What did not work; null where all did.</param>
/// <param name="FreeAt">When <paramref name="FreeBytes"/> was measured.</param>
public sealed record DestinationTestView(
    long? FreeBytes,
    DateTimeOffset? At = null,
    OperationError? Problem = null,
    DateTimeOffset? FreeAt = null
);
