namespace Holdfast.Server.Files;

/// <summary>Resolves symbolic links in paths.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40; // the limit of Linux

    /// <summary>Returns the absolute path with all symbolic links resolved, even if its end does not exist yet.</summary>
    public static string Of(string path)
    {
        var links = 0;
        var rest = new Stack<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = "/";
        while (rest.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            if (part == ".")
            {
                continue;
            }
            var next = Path.Combine(real, part);
            var target = LinkTarget(next);
            if (target is null || ++links > MaxLinks)
            {
                real = next;
                continue;
            }

            if (target.StartsWith('/'))
            {
                real = "/";
            }
            foreach (var piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                rest.Push(piece);
            }
        }

        return real;
    }

    /// <summary>Whether a path is a folder or inside it. Both must be real paths.</summary>
    public static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + '/', StringComparison.Ordinal);

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a path that cannot be read cannot be used either
        }
    }
}
