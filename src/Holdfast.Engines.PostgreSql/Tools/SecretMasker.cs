using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Masks secrets in statements, which PostgreSQL's programs and servers repeat when they fail: passwords of foreign
/// servers, of subscriptions, of roles.
/// </summary>
internal static partial class SecretMasker
{
    /// <summary>The text without them.</summary>
    public static string Mask(string text) => Values().Replace(InConnection().Replace(text, "$1***"), "$1'***'");

    // password 'x', PASSWORD E'x', "password" 'x', set some.secret = 'x'; also one that is cut off. Whatever an option
    // of a foreign server is called: its name tells.
    [GeneratedRegex(
        """((?:\w*pass(?:word|wd|phrase|code)?|\w*pwd|\w*secret\w*|\w*token|\w*api_?key|\w*access_?key\w*|\w*private_?key|\w*credentials?)"?\s*(?:=|\bTO\b)?\s*)E?'(?:[^']|'')*(?:'|\z)""",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Values();

    // host=… password=x, password=''x y'' and postgresql://user:x@host in the connection of a subscription or of dblink.
    [GeneratedRegex(
        """(\b(?:password|sslpassword)\s*=\s*|\bpostgres(?:ql)?://[^\s:/@']*:)(?!\*\*\*)(?:''(?:[^']|'''')*''|\\?'(?:[^'\\]|\\.)*\\?'|[^\s'@;]+)""",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex InConnection();
}
