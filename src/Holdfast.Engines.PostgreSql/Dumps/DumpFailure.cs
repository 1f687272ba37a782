using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>What is wrong with the bytes of a dump.</summary>
internal static class DumpFailure
{
    /// <summary>They are no dump that is known here.</summary>
    public static HoldfastException Unsupported(string what) =>
        new(
            ErrorCatalogue.Refused,
            $"The dump is none that is known here: {what}.",
            "It was made by a newer pg_dump, or not by pg_dump at all."
        );

    /// <summary>They end too early.</summary>
    public static HoldfastException Truncated(string what) =>
        new(ErrorCatalogue.Truncated, $"The dump ends too early: {what}.", "Make the backup again, or restore another point.");
}
