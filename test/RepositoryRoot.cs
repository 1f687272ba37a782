namespace Holdfast.Testing;

/// <summary>Where the repository is that these tests were built from. Compiled into each test project.</summary>
internal static class RepositoryRoot
{
    /// <summary>Its folder.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Holdfast.slnx")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new DirectoryNotFoundException($"No repository above '{AppContext.BaseDirectory}'.");
    }
}
