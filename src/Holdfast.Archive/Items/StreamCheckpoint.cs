namespace Holdfast.Archive.Items;

/// <summary>A position in a stream at which an <see cref="IStreamCheck"/> can continue.</summary>
/// <param name="Offset">Number of bytes before it.</param>
/// <param name="Count">What the check counted before it, for messages only, such as statements.</param>
/// <param name="State">
/// All other state of the check. After two checkpoints with equal states the same input has the same result. Must not grow with the stream.
/// </param>
public sealed record StreamCheckpoint(long Offset, long Count, string State);
