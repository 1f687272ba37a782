namespace Holdfast.Destinations;

/// <summary>What a path stands for that a person gave.</summary>
/// <param name="Destination">A destination whose root is the folder that was given, or the folder of the file. Dispose it.</param>
/// <param name="Folder">Name of that folder.</param>
/// <param name="File">Name of the file; null for a folder.</param>
/// <param name="PathFromRoot">
/// Path of the folder from the root of the destination that it belongs to, with <c>/</c> between its parts; empty for the
/// root itself, null where no such root was found.
/// </param>
public sealed record OpenedPath(IDestination Destination, string Folder, string? File, string? PathFromRoot);
