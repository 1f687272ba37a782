using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Core.Databases;

/// <summary>
/// A list of globs over names separated by <c>/</c>: <c>*</c> and <c>?</c> match within a folder, <c>**</c> matches across folders, and a
/// glob without a slash matches in any folder. Case-sensitive by default. Names may contain any characters, including newlines. (The
/// framework's file globbing rebuilds its directory tree for each call, which costs more than the rest of discovery, and treats <c>*.*</c>
/// as <c>*</c>.)
/// </summary>
/// <param name="patterns">The globs.</param>
/// <param name="options"><see cref="RegexOptions.IgnoreCase"/> or <see cref="RegexOptions.None"/>.</param>
public sealed class NameGlobs(IEnumerable<string> patterns, RegexOptions options = RegexOptions.None)
{
    private readonly Regex[] _patterns = [.. patterns.Select(p => Compile(p, options))];

    /// <summary>Whether the list is empty.</summary>
    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>Whether any glob matches.</summary>
    public bool Matches(string name)
    {
        foreach (var pattern in _patterns)
        {
            if (pattern.IsMatch(name))
            {
                return true;
            }
        }

        return false;
    }

    private static Regex Compile(string glob, RegexOptions options)
    {
        var text = glob.TrimStart('/');
        var pattern = new StringBuilder("\\A");
        if (!glob.Contains('/', StringComparison.Ordinal))
        {
            pattern.Append("(?:.*/)?");
        }
        for (var i = 0; i < text.Length; i++)
        {
            var rest = text.AsSpan(i);
            if (rest.StartsWith("**/", StringComparison.Ordinal) && (i == 0 || text[i - 1] == '/'))
            {
                pattern.Append("(?:.*/)?");
                i += 2;
            }
            else if (rest.StartsWith("**", StringComparison.Ordinal))
            {
                pattern.Append(".*");
                i++;
            }
            else if (text[i] == '*')
            {
                pattern.Append("[^/]*");
            }
            else if (text[i] == '?')
            {
                pattern.Append("[^/]");
            }
            else
            {
                pattern.Append(Regex.Escape(text[i].ToString()));
            }
        }

        return new Regex(
            pattern.Append("\\z").ToString(),
            RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | options
        );
    }
}
