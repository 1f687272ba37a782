using System.Globalization;

namespace Holdfast.Core.Settings;

/// <summary>Rates of transfers as operators write them: <c>10 MiB/s</c>.</summary>
public static class ByteRate
{
    private static readonly Dictionary<string, double> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["B"] = 1,
        ["KB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["KiB"] = 1L << 10,
        ["MiB"] = 1L << 20,
        ["GiB"] = 1L << 30,
    };

    /// <summary>Reads a rate; false if the text is none.</summary>
    /// <param name="text">A number and a unit per second: B, KB, MB, GB, KiB, MiB or GiB. The unit <c>/s</c> can be left out.</param>
    /// <param name="bytesPerSecond">The rate, in bytes per second; at least 1.</param>
    public static bool TryParse(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        var amount = text.Trim();
        if (amount.EndsWith("/s", StringComparison.OrdinalIgnoreCase))
        {
            amount = amount[..^2].TrimEnd();
        }
        var digits = amount.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (
            !Units.TryGetValue(amount[digits..].Trim(), out var unit)
            || !double.TryParse(amount[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || !(number * unit is >= 1 and <= 1e15)
        )
        {
            return false;
        }
        bytesPerSecond = (long)(number * unit);
        return true;
    }
}
