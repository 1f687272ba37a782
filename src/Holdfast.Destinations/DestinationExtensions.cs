namespace Holdfast.Destinations;

/// <summary>Display names of files and folders at a destination.</summary>
public static class DestinationExtensions
{
    /// <summary>Returns the display name of a file or folder, for messages and results. It cannot be opened as a path.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="path">Path of the file or folder from the root; empty for the root itself.</param>
    public static string NameOf(this IDestination destination, string path) =>
        path.Length == 0 ? destination.Name
        : destination.Name.EndsWith('/') ? destination.Name + path
        : $"{destination.Name}/{path}";
}
