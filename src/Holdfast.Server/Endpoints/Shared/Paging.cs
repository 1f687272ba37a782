using Holdfast.Api;
using Holdfast.Core.Tasks;
using Holdfast.Node;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>Pages of lists.</summary>
internal static class Paging
{
    /// <summary>Maximum number of items on a page.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>Validates the limit of a page.</summary>
    /// <exception cref="ValidationException">The limit is less than 1 or more than <see cref="MaxLimit"/>.</exception>
    public static void ValidateLimit(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            ValidationException.ThrowIfAny([new ValidationError("limit", $"A page cannot have {limit} items.", $"Give 1 to {MaxLimit}.")]);
        }
    }

    /// <summary>Returns an error if a value of an enumeration is not defined. The framework accepts any number.</summary>
    public static IEnumerable<ValidationError> ValidateEnum<T>(string field, T? value)
        where T : struct, Enum
    {
        if (value is { } given && !Enum.IsDefined(given))
        {
            yield return new(field, "This value is not defined.", $"Give one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    /// <summary>Creates a page. <paramref name="found"/> contains one more item than the limit if there is a next page.</summary>
    public static Page<T> ToPage<T>(IReadOnlyList<T> found, int limit, Func<T, string> id) =>
        found.Count > limit ? new([.. found.Take(limit)], id(found[limit - 1])) : new(found);
}
