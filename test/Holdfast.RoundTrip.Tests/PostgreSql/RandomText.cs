using System.Text;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>
/// Names and values of everything that an encoding supports, derived from a seed. In <c>SQL_ASCII</c> each character
/// represents a byte.
/// </summary>
internal sealed class RandomText(string encoding, Random random)
{
    private const string Odd = " \"'\\;$%-_\t\n(){}@:?,./*";

    private readonly string[] _letters = encoding switch
    {
        "UTF8" => ["é", "ß", "а", "表", "🐘", "ñ", "e\u0301", "\u200b", "\ufffe", "İ", "\u0080", "ﷺ"],
        "LATIN1" => ["é", "ß", "ñ", "ü", "¿", "\u00a0", "\u0085", "\u00ff"],
        "EUC_JP" => ["表", "数", "あ", "ア", "ｱ", "丂", "―"],
        "SQL_ASCII" => ["\u00e9", "\u00ff", "\u0080", "\u00c3\u00a9", "\u00fe", "\u00a0"],
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, null),
    };

    /// <summary>Returns a unique quoted name.</summary>
    public string Name(string kind, int number) => Cluster.Quote($"{kind}{number}{Letters(Odd, random.Next(5))}");

    /// <summary>Returns a text literal.</summary>
    public string Literal() =>
        Quoted(
            random.Next(8) switch
            {
                0 => "",
                1 => @"\.",
                2 => @"\N",
                3 => string.Concat(Enumerable.Range(1, 31).Append(127).Select(i => (char)i)),
                4 => string.Concat(Enumerable.Repeat(Letters(Odd, 12), random.Next(1, 600))),
                _ => Letters(Odd, random.Next(1, 12)),
            }
        );

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private string Letters(string plain, int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            if (random.Next(2) == 0)
            {
                text.Append(_letters[random.Next(_letters.Length)]);
            }
            else
            {
                text.Append(plain[random.Next(plain.Length)]);
            }
        }

        return text.ToString();
    }
}
