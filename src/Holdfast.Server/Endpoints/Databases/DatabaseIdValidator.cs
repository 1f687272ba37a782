using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Validates ids of databases that do not exist yet, and globs over ids.</summary>
internal static class DatabaseIdValidator
{
    private const int MaxLength = 1_024;

    /// <summary>Validates a glob over ids; returns null if it is valid.</summary>
    public static ValidationError? ValidatePattern(string field, string id) =>
        Validate(
            field,
            id,
            id.Split('/')[0].Replace("*", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal) is { Length: > 0 } plain
                ? plain
                : "any"
        );

    /// <summary>Validates an id; returns null if it is valid.</summary>
    public static ValidationError? Validate(string field, string id) => Validate(field, id, id.Split('/')[0]);

    private static ValidationError? Validate(string field, string id, string source)
    {
        const string hint = "Write SOURCE/NAME, for example demo/new.db.";
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        if (slash < 1 || slash == id.Length - 1 || !DatabaseId.IsSourceName(source))
        {
            return new(field, "This is not a database id.", hint);
        }
        if (id.Length > MaxLength)
        {
            return new(field, $"The id has {id.Length} characters.", $"Use at most {MaxLength}.");
        }
        if (id.Any(char.IsControl))
        {
            return new(field, "The id contains control characters.", hint);
        }
        return id[(slash + 1)..].Split('/').Any(part => part is "" or "." or "..")
            ? new(field, "A part of the name is empty, '.' or '..'.", hint)
            : null;
    }
}
