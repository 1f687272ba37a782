using System.Text.RegularExpressions;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Masks secrets in statements, which PostgreSQL's programs and servers repeat in errors: passwords of foreign servers,
/// subscriptions and roles.
/// </summary>
internal static partial class SecretMasker
{
    /// <summary>Returns the text with secrets masked.</summary>
    public static string Mask(string text) => Values().Replace(InConnection().Replace(text, "$1***"), "$1'***'");

    // password 'x', PASSWORD E'x', "password" 'x', set some.secret = 'x', also if truncated. Options of foreign servers
    // can have any name: it is recognised by the words in it.
    [GeneratedRegex(
        """((?:\w*pass(?:word|wd|phrase|code)?|\w*pwd|\w*secret\w*|\w*token|\w*api_?key|"""
            + """\w*access_?key\w*|\w*private_?key|\w*credentials?)"?\s*(?:=|\bTO\b)?\s*)E?'(?:[^']|'')*(?:'|\z)""",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Values();

    // host=… password=x, password=''x y'' and postgresql://user:x@host in the connection string of a subscription or of
    // dblink.
    [GeneratedRegex(
        """(\b(?:password|sslpassword)\s*=\s*|\bpostgres(?:ql)?://[^\s:/@']*:)(?!\*\*\*)"""
            + """(?:''(?:[^']|'''')*''|\\?'(?:[^'\\]|\\.)*\\?'|[^\s'@;]+)""",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex InConnection();
}
