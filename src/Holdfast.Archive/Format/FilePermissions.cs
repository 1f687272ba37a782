namespace Holdfast.Archive.Format;

/// <summary>Who owns a database's file, and who may use it. What stands in an archive is hostile input.</summary>
/// <param name="Mode">Permissions of the file in octal: <c>0640</c>.</param>
/// <param name="User">Name of its owner; the number where there is no such name.</param>
/// <param name="Group">Name of its group; the number where there is no such name.</param>
public sealed record FilePermissions(string Mode, string User, string Group)
{
    private const int LongestMode = 6,
        LongestName = 256;

    /// <summary>Whether its texts can be what they should be; nothing more is known of them.</summary>
    internal bool IsPossible =>
        Mode.Length is > 0 and <= LongestMode && Mode.All(c => c is >= '0' and <= '7') && IsName(User) && IsName(Group);

    /// <inheritdoc/>
    public override string ToString() => $"{User}:{Group}, mode {Mode}";

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && !name.Any(c => char.IsControl(c) || c is ':' or '/');
}
