using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite;

/// <summary>Turns names of databases into paths. A name comes from an archive or a request, so it must not lead out of the directory.</summary>
internal static class DatabasePath
{
    /// <summary>Path of a database that should be there.</summary>
    /// <param name="root">The directory, links resolved.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>, or the name leads out of the directory.</exception>
    public static string ForExisting(string root, string name)
    {
        var path = Combine(root, name);
        if (!FileStatus.TryGet(path, out var status)) throw new HoldfastException(ErrorCatalogue.NotFound, $"There is no database '{name}' in '{root}'.", "List them with: holdfast databases");
        if (!status.IsRegular || Posix.RealPath(path) != path) throw Leads(root, name);
        return path;
    }

    /// <summary>Path of a database that shall be made.</summary>
    /// <param name="root">The directory, links resolved.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="HoldfastException">The name leads out of the directory.</exception>
    public static string ForNew(string root, string name)
    {
        var path = Combine(root, name);
        var at = Path.GetDirectoryName(path)!;
        while (!FileStatus.TryGet(at, out _)) at = Path.GetDirectoryName(at)!;
        if (FileStatus.Of(at) is not { IsFolder: true } || Posix.RealPath(at) != at) throw Leads(root, name);
        return path;
    }

    private static string Combine(string root, string name)
    {
        var isPlain = name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal) && name.Split('/').All(part => part is not ("" or "." or ".."));
        return isPlain ? $"{root.TrimEnd('/')}/{name}" : throw Leads(root, name);
    }

    private static HoldfastException Leads(string root, string name) =>
        new(ErrorCatalogue.Usage, $"'{name}' does not name a file inside '{root}'.", "Give a path relative to the directory, without '..', and no symbolic links.");
}
