using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// Maps database names to paths. A name comes from an archive or a request, so it must not lead out of the directory.
/// </summary>
internal static class DatabasePath
{
    /// <summary>Whether a name stays inside the directory: no component is empty, <c>.</c> or <c>..</c>.</summary>
    public static bool IsInside(string name) =>
        name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal) && name.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Combines the directory and a name, whether or not a file exists there.</summary>
    /// <exception cref="HoldfastException">The name leads out of the directory.</exception>
    public static string Combine(string root, string name) =>
        IsInside(name) ? $"{root.TrimEnd('/')}/{name}" : throw OutsideRoot(root, name);

    /// <summary>Creates the error for a name that leads out of the directory.</summary>
    public static HoldfastException OutsideRoot(string root, string name) =>
        new(
            ErrorCatalog.Usage,
            $"'{name}' does not name a file inside '{root}'.",
            "Give a path relative to the directory, without '..', and no symbolic links."
        );
}
