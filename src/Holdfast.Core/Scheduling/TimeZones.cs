using System.Diagnostics.CodeAnalysis;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Scheduling;

/// <summary>Time zones by their names in the system's time zone database.</summary>
public static class TimeZones
{
    /// <summary>The zone that <paramref name="name"/> names; <paramref name="nodeZone"/> for null.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/>: there is none of that name on this node.</exception>
    public static TimeZoneInfo Find(string? name, TimeZoneInfo nodeZone)
    {
        if (name is null)
        {
            return nodeZone;
        }
        return TryFind(name, out var zone)
            ? zone
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{name}' is not a time zone that this node knows.",
                "Write an IANA name such as Europe/Berlin or UTC; the node needs the system's time zone database (tzdata)."
            );
    }

    /// <summary>Whether there is a zone called <paramref name="name"/>.</summary>
    /// <param name="name">An IANA name such as <c>Europe/Berlin</c>.</param>
    /// <param name="zone">The zone.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        // The name becomes a path below the database's directory, and it comes from a request.
        return name.Length is >= 1 and <= 64
            && char.IsAsciiLetter(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }
}
