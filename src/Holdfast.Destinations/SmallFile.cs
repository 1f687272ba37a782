namespace Holdfast.Destinations;

/// <summary>A small file that was read as a whole.</summary>
/// <param name="Bytes">Its content.</param>
/// <param name="Version">What the destination calls this version of the file; null if it has no such name.</param>
public sealed record SmallFile(ReadOnlyMemory<byte> Bytes, string? Version)
{
    /// <summary>Beginning of the names of files that may be replaced: they contain what can be written again.</summary>
    public const string NamePrefix = ".holdfast-";

    /// <summary>The version of a file that must not exist.</summary>
    public const string Absent = "";

    /// <summary>Checks that a file may be replaced. Archives, indexes and identities never are.</summary>
    /// <exception cref="ArgumentException">It may not: a programming error.</exception>
    public static void CheckReplaceable(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (
            !name.StartsWith(NamePrefix, StringComparison.Ordinal)
            || name.StartsWith(DestinationIdentity.FileName, StringComparison.Ordinal)
        )
        {
            throw new ArgumentException($"'{path}' must not be replaced.", nameof(path));
        }
    }
}
