using System.Diagnostics.CodeAnalysis;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Scheduling;

/// <summary>Finds time zones by their names in the system's time zone database.</summary>
public static class TimeZones
{
    /// <summary>Returns the zone named <paramref name="name"/>; <paramref name="nodeZone"/> for null.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/>: this node has no zone of that name.</exception>
    public static TimeZoneInfo Find(string? name, TimeZoneInfo nodeZone)
    {
        if (name is null)
        {
            return nodeZone;
        }
        return TryFind(name, out var zone)
            ? zone
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{name}' is not a known time zone on this node.",
                "Use an IANA name such as Europe/Berlin or UTC; the node needs the system's time zone database (tzdata)."
            );
    }

    /// <summary>Finds the zone named <paramref name="name"/>; false if there is none.</summary>
    /// <param name="name">An IANA name such as <c>Europe/Berlin</c>.</param>
    /// <param name="zone">The zone.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        // The name comes from a request and becomes a path below the directory of the time zone database.
        return name.Length is >= 1 and <= 64
            && char.IsAsciiLetter(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }
}
