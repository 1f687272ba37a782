namespace Holdfast.Archive.Frames;

/// <summary>Processes the content of one frame.</summary>
internal delegate T FrameHandler<out T>(int frame, ReadOnlySpan<byte> content);
