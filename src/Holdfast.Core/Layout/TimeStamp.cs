using System.Globalization;

namespace Holdfast.Core.Layout;

/// <summary>Times in file and folder names: <c>yyyy-MM-dd-HH-mm-ss</c>, UTC, whole seconds.</summary>
public static class TimeStamp
{
    /// <summary>Length of every time stamp, in characters.</summary>
    public const int Length = 19;

    /// <summary>
    /// How far in the future a time in a name may be: clocks of nodes differ, and a clock that was set back leaves names ahead of it.
    /// </summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromDays(1);

    private const string Pattern = "yyyy-MM-dd-HH-mm-ss";

    /// <summary>Formats <paramref name="time"/>, truncated to the second.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    /// <summary>
    /// Whether a time in a name is too far in the future to come from a correct clock; later names must not continue from it.
    /// </summary>
    /// <param name="time">The time in the name.</param>
    /// <param name="now">The current time.</param>
    public static bool IsBeyondClockSkew(DateTimeOffset time, DateTimeOffset now) => time - now > MaxClockSkew;

    /// <summary>Parses a time stamp; false if <paramref name="text"/> is not one.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
