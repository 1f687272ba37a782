using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// Turns names of databases into paths. A name comes from an archive or a request, so it must not lead out of the
/// directory.
/// </summary>
internal static class DatabasePath
{
    /// <summary>Whether a name, put together with the directory, names something in it: no part of it is empty or leads up.</summary>
    public static bool IsInside(string name) =>
        name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal) && name.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>The path of a name, whatever is there.</summary>
    /// <exception cref="HoldfastException">The name leads out of the directory.</exception>
    public static string Combine(string root, string name) =>
        IsInside(name) ? $"{root.TrimEnd('/')}/{name}" : throw OutsideRoot(root, name);

    /// <summary>What to say of a name that leads elsewhere.</summary>
    public static HoldfastException OutsideRoot(string root, string name) =>
        new(
            ErrorCatalogue.Usage,
            $"'{name}' does not name a file inside '{root}'.",
            "Give a path relative to the directory, without '..', and no symbolic links."
        );
}
