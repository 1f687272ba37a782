using System.Globalization;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats numbers with a noun.</summary>
public static class Plural
{
    /// <summary><c>1 alert</c>, <c>2 alerts</c>, <c>10,000 databases</c>.</summary>
    public static string Of(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
