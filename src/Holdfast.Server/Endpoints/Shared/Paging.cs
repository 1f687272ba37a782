using Holdfast.Api;
using Holdfast.Core.Tasks;
using Holdfast.Node;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>How much of a list is answered at once.</summary>
internal static class Paging
{
    /// <summary>The most items of a page.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>Refuses a limit that is none.</summary>
    /// <exception cref="ValidationException">It is less than 1, or more than <see cref="MaxLimit"/>.</exception>
    public static void ValidateLimit(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            ValidationException.ThrowIfAny([
                new ValidationError("limit", $"{limit} cannot be asked for at once.", $"Give 1 to {MaxLimit}."),
            ]);
        }
    }

    /// <summary>The fault of a value that has no name: the framework takes any number for one.</summary>
    public static IEnumerable<ValidationError> ValidateEnum<T>(string field, T? value)
        where T : struct, Enum
    {
        if (value is { } given && !Enum.IsDefined(given))
        {
            yield return new(field, "There is no such value.", $"Give one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    /// <summary>The page that these items begin; they are one more than the limit where others follow.</summary>
    public static Page<T> ToPage<T>(IReadOnlyList<T> found, int limit, Func<T, string> id) =>
        found.Count > limit ? new([.. found.Take(limit)], id(found[limit - 1])) : new(found);
}
