namespace Holdfast.Destinations;

/// <summary>The destination, folder and file that a given path refers to.</summary>
/// <param name="Destination">A destination whose root is the given folder, or the folder of the file. The caller disposes it.</param>
/// <param name="Folder">Name of that folder.</param>
/// <param name="File">Name of the file; null for a folder.</param>
/// <param name="PathFromRoot">
/// Path of the folder from the root of its destination, separated by <c>/</c>; empty for the root itself, null if no root was found.
/// </param>
public sealed record OpenedPath(IDestination Destination, string Folder, string? File, string? PathFromRoot);
