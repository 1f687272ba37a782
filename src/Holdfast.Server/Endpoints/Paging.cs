using Holdfast.Core.Tasks;
using Holdfast.Node;

namespace Holdfast.Server.Endpoints;

/// <summary>How much of a list is answered at once.</summary>
internal static class Paging
{
    /// <summary>The most items of a page.</summary>
    public const int Most = 1_000;

    /// <summary>Refuses a limit that is none.</summary>
    /// <exception cref="InvalidException">It is less than 1, or more than <see cref="Most"/>.</exception>
    public static void Check(int limit)
    {
        if (limit is < 1 or > Most)
        {
            InvalidException.ThrowIfAny([new Fault("limit", $"{limit} cannot be asked for at once.", $"Give 1 to {Most}.")]);
        }
    }

    /// <summary>The fault of a value that has no name: the framework takes any number for one.</summary>
    public static IEnumerable<Fault> Undefined<T>(string field, T? value)
        where T : struct, Enum
    {
        if (value is { } given && !Enum.IsDefined(given))
        {
            yield return new(field, "There is no such value.", $"Give one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    /// <summary>The page that these items begin; they are one more than the limit where others follow.</summary>
    public static Page<T> Of<T>(IReadOnlyList<T> found, int limit, Func<T, string> id) =>
        found.Count > limit ? new([.. found.Take(limit)], id(found[limit - 1])) : new(found);
}
