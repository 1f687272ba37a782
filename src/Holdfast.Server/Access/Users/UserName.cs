namespace Holdfast.Server.Access.Users;

/// <summary>How users are named.</summary>
internal static class UserName
{
    /// <summary>The stored form: names are the same whatever their case.</summary>
    public static string Normalize(string name) => name.Trim().ToLowerInvariant();

    /// <summary>
    /// Whether it can name a user: 1 to 64 letters, digits, <c>.</c>, <c>_</c>, <c>-</c> and <c>@</c>, the first a
    /// letter or digit.
    /// </summary>
    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= 64
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@');
}
