using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>Creates the errors for invalid dumps.</summary>
internal static class DumpFailure
{
    /// <summary>The dump is in no supported format.</summary>
    public static HoldfastException Unsupported(string what) =>
        new(
            ErrorCatalog.Refused,
            $"The dump is not in a supported format: {what}.",
            "It was made by a newer pg_dump, or not by pg_dump at all."
        );

    /// <summary>The dump is truncated.</summary>
    public static HoldfastException Truncated(string what) =>
        new(ErrorCatalog.Truncated, $"The dump is truncated: {what}.", "Run the backup again, or restore another point.");
}
