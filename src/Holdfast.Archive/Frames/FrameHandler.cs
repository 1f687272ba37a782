namespace Holdfast.Archive.Frames;

/// <summary>What is done with the content of one frame.</summary>
internal delegate T FrameHandler<out T>(int frame, ReadOnlySpan<byte> content);
