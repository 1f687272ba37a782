namespace Holdfast.Server.Access.Users;

/// <summary>Rules for names of users.</summary>
internal static class UserName
{
    /// <summary>Converts a name to its stored form. Names do not distinguish upper and lower case.</summary>
    public static string Normalize(string name) => name.Trim().ToLowerInvariant();

    /// <summary>
    /// Whether a text is a valid name: 1 to 64 letters, digits, <c>.</c>, <c>_</c>, <c>-</c> and <c>@</c>, beginning
    /// with a letter or digit.
    /// </summary>
    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= 64
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@');
}
