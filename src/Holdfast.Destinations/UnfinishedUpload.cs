namespace Holdfast.Destinations;

/// <summary>An upload that was started and neither published nor removed. It may still be running.</summary>
/// <param name="Path">The path of its file once it is published.</param>
/// <param name="Id">What the destination calls it.</param>
/// <param name="Started">When it was started, by the destination's clock.</param>
public sealed record UnfinishedUpload(string Path, string Id, DateTimeOffset Started);
