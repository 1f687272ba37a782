using System.Globalization;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations.S3.Uploads;

/// <summary>
/// Lengths of the parts of an upload. Limits of AWS, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: 10,000 parts of 5
/// MiB to 5 GiB; others allow fewer, or only equal ones.
/// </summary>
internal sealed class PartPlan
{
    /// <summary>Smallest part that is planned, in bytes.</summary>
    public const long MinPartBytes = 8 << 20;

    private const long MaxPartBytes = 5L << 30;
    private const long MiB = 1 << 20;

    // Some parts stay free, so that a file that is somewhat larger than expected fits.
    private const double Headroom = 0.9;

    // Without an expected size, parts double after each such share of the maximum number.
    private const int Doublings = 10;

    private readonly DestinationCapabilities _capabilities;
    private readonly long _first;

    private PartPlan(DestinationCapabilities capabilities, long first) => (_capabilities, _first) = (capabilities, first);

    private int MaxParts => _capabilities.MaxParts ?? int.MaxValue;

    /// <summary>Plans an upload.</summary>
    /// <param name="name">Path of the file, for errors.</param>
    /// <param name="maxBytes">Upper bound of its size; null if unknown.</param>
    /// <param name="capabilities">The store's limits.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if the store cannot hold such a file.</exception>
    public static PartPlan Create(string name, long? maxBytes, DestinationCapabilities capabilities)
    {
        var maxParts = capabilities.MaxParts ?? int.MaxValue;
        var wanted = maxBytes is { } bytes ? (long)Math.Ceiling(bytes / Math.Max(1, Math.Floor(maxParts * Headroom))) : 0;
        var part = Math.Max(MinPartBytes, (wanted + MiB - 1) / MiB * MiB);
        if (part > MaxPartBytes || maxBytes > capabilities.MaxFileBytes)
        {
            throw TooLarge(name, maxBytes!.Value, capabilities);
        }
        return new(capabilities, part);
    }

    /// <summary>Length of a part, in bytes.</summary>
    /// <param name="name">Path of the file, for errors.</param>
    /// <param name="number">Number of the part, from 1.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if the store allows no such part.</exception>
    public long LengthOf(string name, int number)
    {
        if (number > MaxParts)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{name}' is larger than expected: {MaxParts} parts of {_first / MiB} MiB do not hold it."
                ),
                "The next backup expects more. If it fails again, raise the number of parts in the settings of the destination."
            );
        }
        if (_capabilities.EqualParts || _capabilities.MaxParts is null)
        {
            return _first;
        }
        var doublings = (number - 1) * Doublings / MaxParts;
        return Math.Min(MaxPartBytes, _first << doublings);
    }

    private static HoldfastException TooLarge(string name, long bytes, DestinationCapabilities capabilities)
    {
        var most = Math.Min(
            capabilities.MaxFileBytes ?? long.MaxValue,
            (capabilities.MaxParts ?? int.MaxValue) * (MaxPartBytes / MiB) * MiB
        );
        return new(
            ErrorCatalog.DestinationFailed,
            string.Create(
                CultureInfo.InvariantCulture,
                $"'{name}' may become {bytes:N0} bytes large; the store holds files of at most {most:N0} bytes."
            ),
            "Use another destination for this database."
        );
    }
}
