namespace Holdfast.Archive.Items;

/// <summary>A place in a stream from which on an <see cref="IStreamCheck"/> can go on.</summary>
/// <param name="Offset">Bytes of the stream before it.</param>
/// <param name="Count">What the check has counted before it, for its messages only: statements, for example.</param>
/// <param name="State">
/// All else that it remembers of what was before it. Where two marks have the same, what follows them is judged alike.
/// It must not grow with the stream.
/// </param>
public sealed record StreamCheckpoint(long Offset, long Count, string State);
