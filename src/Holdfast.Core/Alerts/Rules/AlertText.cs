using System.Globalization;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Formats numbers and times in the messages of alerts, the same in every culture.</summary>
internal static class AlertText
{
    /// <summary>A number without separators.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A time in UTC, to the minute.</summary>
    public static string Utc(DateTimeOffset time) =>
        $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
}
