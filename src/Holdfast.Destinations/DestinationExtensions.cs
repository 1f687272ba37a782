namespace Holdfast.Destinations;

/// <summary>Names of what lies at a destination.</summary>
public static class DestinationExtensions
{
    /// <summary>What people call a file or folder of a destination, in messages and results. It is no path that can be opened.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="path">Path of the file or folder from the root; empty for the root itself.</param>
    public static string NameOf(this IDestination destination, string path) =>
        path.Length == 0 ? destination.Name
        : destination.Name.EndsWith('/') ? destination.Name + path
        : $"{destination.Name}/{path}";
}
