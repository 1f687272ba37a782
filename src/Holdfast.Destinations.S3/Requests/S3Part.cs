namespace Holdfast.Destinations.S3.Requests;

/// <summary>A part of an upload that the store has confirmed.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Length">Its length, in bytes.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
internal sealed record S3Part(int Number, long Length, string ETag);
