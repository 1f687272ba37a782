namespace Holdfast.Destinations.Local;

/// <summary>The root folder of a local destination.</summary>
/// <param name="path">Path of the folder, as defined or resolved.</param>
/// <param name="roots">The roots under which the path must lie.</param>
/// <param name="driver">Creates and opens the folder.</param>
internal sealed class LocalDestinationRoot(string path, AllowedRoots roots, ILocalDriver driver) : IDestinationRoot
{
    private readonly string _normalized = Normalize(path);

    public string Name => path;

    public string LocationKey => LocalDestinationConfig.PathKey;

    public IReadOnlyList<IDestinationRoot> Enclosing
    {
        get
        {
            var enclosing = new List<IDestinationRoot>();
            for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                enclosing.Add(new LocalDestinationRoot(folder, roots, driver));
            }
            return enclosing;
        }
    }

    public Task<IDestinationRoot> ResolveAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IDestinationRoot>(new LocalDestinationRoot(roots.ResolveAllowed(path), roots, driver));

    public Task<string> InitializeAsync(CancellationToken cancellationToken) => driver.InitializeAsync(path, cancellationToken);

    public Task<string?> FindIdentityAsync(CancellationToken cancellationToken) => driver.FindIdentityAsync(path, cancellationToken);

    public Task<IDestination> OpenAsync(
        string? identity,
        CancellationToken cancellationToken,
        DestinationCapabilities? capabilities = null
    ) => driver.OpenAsync(path, identity, cancellationToken);

    public bool Contains(IDestinationRoot other) => other is LocalDestinationRoot local && FindRelativePath(local._normalized) is not null;

    public string? FindRelativePath(string path) =>
        path == _normalized ? ""
        : _normalized == "/" ? path[1..]
        : path.StartsWith($"{_normalized}/", StringComparison.Ordinal) ? path[(_normalized.Length + 1)..]
        : null;

    // A path that is not absolute, or contains a NUL, is rejected when it is resolved.
    private static string Normalize(string path) =>
        Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal) ? LocalDestination.NormalizeRoot(path) : path;
}
