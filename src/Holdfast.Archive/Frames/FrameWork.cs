namespace Holdfast.Archive.Frames;

/// <summary>What is done with the content of one frame.</summary>
internal delegate T FrameWork<out T>(int frame, ReadOnlySpan<byte> content);
