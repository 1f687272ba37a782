namespace Holdfast.Archive.Format;

/// <summary>Owner and mode of a database file. In an archive this is untrusted input.</summary>
/// <param name="Mode">Permissions of the file in octal: <c>0640</c>.</param>
/// <param name="User">Name of its owner; the number if it has no name.</param>
/// <param name="Group">Name of its group; the number if it has no name.</param>
public sealed record FilePermissions(string Mode, string User, string Group)
{
    private const int LongestMode = 6,
        LongestName = 256;

    /// <summary>Whether the values are well-formed; nothing else is known about them.</summary>
    internal bool IsPossible =>
        Mode.Length is > 0 and <= LongestMode && Mode.All(c => c is >= '0' and <= '7') && IsName(User) && IsName(Group);

    /// <inheritdoc/>
    public override string ToString() => $"{User}:{Group}, mode {Mode}";

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && !name.Any(c => char.IsControl(c) || c is ':' or '/');
}
