using System.Globalization;

namespace Holdfast.Core.Layout;

/// <summary>Times as they stand in names: <c>yyyy-MM-dd-HH-mm-ss</c>, UTC, whole seconds.</summary>
public static class TimeStamp
{
    /// <summary>Length of every time stamp, in characters.</summary>
    public const int Length = 19;

    /// <summary>
    /// How far a time in a name may lie ahead: clocks of nodes differ, and one that was set back leaves names that are
    /// later than it.
    /// </summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromDays(1);

    private const string Pattern = "yyyy-MM-dd-HH-mm-ss";

    /// <summary>Writes <paramref name="time"/>, cut to the second.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    /// <summary>Whether a time in a name lies so far ahead that no sensible clock gave it: nothing follows it.</summary>
    /// <param name="time">The time in the name.</param>
    /// <param name="now">The time now.</param>
    public static bool IsBeyondClockSkew(DateTimeOffset time, DateTimeOffset now) => time - now > MaxClockSkew;

    /// <summary>Reads a time stamp; false when <paramref name="text"/> is none.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
