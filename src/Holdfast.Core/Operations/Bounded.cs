using System.Globalization;

namespace Holdfast.Core.Operations;

/// <summary>
/// Keeps small what is stored and shown of an operation, however much was found: a store takes values up to a limit,
/// and nobody reads a thousand lines.
/// </summary>
public static class Bounded
{
    /// <summary>So many are kept of what is listed.</summary>
    public const int Most = 100;

    /// <summary>So many characters are kept of one text.</summary>
    public const int Longest = 2_000;

    /// <summary>The first <see cref="Most"/> texts, and how many more there were. What is small already stays as it is.</summary>
    public static IReadOnlyList<string> Texts(IReadOnlyList<string> all)
    {
        if (all.Count <= Most + 1 && all.All(t => t.Length <= Longest))
        {
            return all;
        }
        var kept = all.Take(all.Count <= Most + 1 ? all.Count : Most).Select(Text).ToList();
        if (all.Count > kept.Count)
        {
            kept.Add(string.Create(CultureInfo.InvariantCulture, $"and {all.Count - kept.Count} more"));
        }
        return kept;
    }

    /// <summary>The first <see cref="Most"/> of each list.</summary>
    /// <param name="all">Lists by a name.</param>
    /// <returns>What is kept, and how many more there were where there were; null for nothing.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<string>>? Kept, IReadOnlyDictionary<string, int>? More) Lists(
        IReadOnlyDictionary<string, IReadOnlyList<string>> all
    )
    {
        var more = all.Where(l => l.Value.Count > Most).ToDictionary(l => l.Key, l => l.Value.Count - Most, StringComparer.Ordinal);
        var kept = all.ToDictionary(l => l.Key, IReadOnlyList<string> (l) => [.. l.Value.Take(Most)], StringComparer.Ordinal);
        return (kept.Count == 0 ? null : kept, more.Count == 0 ? null : more);
    }

    /// <summary>The first <see cref="Longest"/> characters of a text.</summary>
    // Not in the middle of a pair: half of one is no text that a store takes.
    public static string Text(string text) =>
        text.Length <= Longest ? text : $"{text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)]}…";
}
