namespace Holdfast.Destinations;

/// <summary>Short forms of what destinations do.</summary>
public static class DestinationExtensions
{
    /// <summary>Returns the display name of a file or folder, for messages and results. It cannot be opened as a path.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="path">Path of the file or folder from the root; empty for the root itself.</param>
    public static string NameOf(this IDestination destination, string path) =>
        path.Length == 0 ? destination.Name
        : destination.Name.EndsWith('/') ? destination.Name + path
        : $"{destination.Name}/{path}";

    /// <summary>Starts a new file of which nothing is known.</summary>
    /// <inheritdoc cref="IDestination.BeginUploadAsync"/>
    public static Task<IUpload> BeginUploadAsync(this IDestination destination, string path, CancellationToken cancellationToken) =>
        destination.BeginUploadAsync(path, UploadHint.None, cancellationToken);
}
