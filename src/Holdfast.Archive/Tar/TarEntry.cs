namespace Holdfast.Archive.Tar;

/// <summary>One file in a tar stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Size of its content, in bytes.</param>
/// <param name="HeaderBytes">Size of all its header blocks, including PAX, in bytes.</param>
internal readonly record struct TarEntry(string Name, long Length, int HeaderBytes);
