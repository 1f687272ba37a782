namespace Holdfast.Destinations.S3.Uploads;

/// <summary>What one part of an upload holds of a <see cref="PartMemory"/>, which guards it.</summary>
internal sealed class PartShare
{
    /// <summary>Its bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether it was released for good.</summary>
    public bool IsReleased { get; set; }
}
