using System.Globalization;

namespace Holdfast.Core.Layout;

/// <summary>Times as they stand in names: <c>yyyy-MM-dd-HH-mm-ss</c>, UTC, whole seconds.</summary>
public static class TimeStamp
{
    /// <summary>Length of every time stamp, in characters.</summary>
    public const int Length = 19;

    private const string Pattern = "yyyy-MM-dd-HH-mm-ss";

    /// <summary>Writes <paramref name="time"/>, cut to the second.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    /// <summary>Reads a time stamp; false when <paramref name="text"/> is none.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
