namespace Holdfast.Destinations.S3.Settings;

/// <summary>Which extensions of the protocol are used.</summary>
internal enum S3Mode
{
    /// <summary><see cref="Aws"/> for AWS, and <see cref="Compatible"/> for every other endpoint.</summary>
    Auto,

    /// <summary>Checksums in headers and conditional requests, as AWS has them.</summary>
    Aws,

    /// <summary>
    /// Only what every store understands: no checksum headers, no chunked signing, MD5 of each part. Conditions are used where the test of
    /// the destination found that they hold.
    /// </summary>
    Compatible,
}
