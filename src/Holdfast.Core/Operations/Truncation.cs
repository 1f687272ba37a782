using System.Globalization;

namespace Holdfast.Core.Operations;

/// <summary>
/// Keeps small what is stored and shown of an operation, however much was found: a store takes values up to a limit,
/// and nobody reads a thousand lines.
/// </summary>
public static class Truncation
{
    /// <summary>So many are kept of what is listed.</summary>
    public const int MaxItems = 100;

    /// <summary>So many characters are kept of one text.</summary>
    public const int MaxTextLength = 2_000;

    /// <summary>The first <see cref="MaxItems"/> texts, and how many more there were. What is small already stays as it is.</summary>
    public static IReadOnlyList<string> TruncateTexts(IReadOnlyList<string> all)
    {
        if (all.Count <= MaxItems + 1 && all.All(t => t.Length <= MaxTextLength))
        {
            return all;
        }
        var kept = all.Take(all.Count <= MaxItems + 1 ? all.Count : MaxItems).Select(Truncate).ToList();
        if (all.Count > kept.Count)
        {
            kept.Add(string.Create(CultureInfo.InvariantCulture, $"and {all.Count - kept.Count} more"));
        }
        return kept;
    }

    /// <summary>The first <see cref="MaxItems"/> of each list.</summary>
    /// <param name="all">Lists by a name.</param>
    /// <returns>What is kept, and how many more there were where there were; null for nothing.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<string>>? Kept, IReadOnlyDictionary<string, int>? More) TruncateLists(
        IReadOnlyDictionary<string, IReadOnlyList<string>> all
    )
    {
        var more = all.Where(l => l.Value.Count > MaxItems).ToDictionary(l => l.Key, l => l.Value.Count - MaxItems, StringComparer.Ordinal);
        var kept = all.ToDictionary(l => l.Key, IReadOnlyList<string> (l) => [.. l.Value.Take(MaxItems)], StringComparer.Ordinal);
        return (kept.Count == 0 ? null : kept, more.Count == 0 ? null : more);
    }

    /// <summary>The first <see cref="MaxTextLength"/> characters of a text.</summary>
    // Not in the middle of a pair: half of one is no text that a store takes.
    public static string Truncate(string text) =>
        text.Length <= MaxTextLength
            ? text
            : $"{text[..(char.IsHighSurrogate(text[MaxTextLength - 1]) ? MaxTextLength - 1 : MaxTextLength)]}…";
}
