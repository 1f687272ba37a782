namespace Holdfast.Archive.Tar;

/// <summary>One file in a tar stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Bytes of its content.</param>
/// <param name="HeaderBytes">Bytes of all its header blocks, PAX included.</param>
internal readonly record struct TarEntry(string Name, long Length, int HeaderBytes);
