using System.Globalization;

namespace Holdfast.Cli.Output;

/// <summary>Formats sizes and times for people.</summary>
internal static class DisplayFormat
{
    /// <summary>Formats bytes with a binary unit: <c>1.4 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }
        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    /// <summary>Formats seconds with two decimals: <c>0.42 s</c>.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    /// <summary>Formats a time in UTC; <c>-</c> for null.</summary>
    public static string Time(DateTimeOffset? time) => time is { } known ? Time(known) : "-";

    /// <summary>Joins items with commas; <c>-</c> if there are none.</summary>
    public static string Join(IReadOnlyList<string> items) => items.Count == 0 ? "-" : string.Join(", ", items);

    /// <summary>Formats the name of a value in lower case; <c>-</c> for null.</summary>
    public static string LowerCase<T>(T? value)
        where T : struct, Enum => value?.ToString().ToLowerInvariant() ?? "-";

    /// <summary>Formats a time in UTC: <c>2026-11-23 10:00:00</c>.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
