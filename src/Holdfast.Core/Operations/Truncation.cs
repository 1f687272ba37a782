using System.Globalization;

namespace Holdfast.Core.Operations;

/// <summary>
/// Limits how much is stored and shown of an operation: a state store limits the size of values, and nobody reads a thousand lines.
/// </summary>
public static class Truncation
{
    /// <summary>Maximum number of items in a list.</summary>
    public const int MaxItems = 100;

    /// <summary>Maximum length of a text, in characters.</summary>
    public const int MaxTextLength = 2_000;

    /// <summary>
    /// Returns the first <see cref="MaxItems"/> texts and a line with the number left out; a short list is returned unchanged.
    /// </summary>
    public static IReadOnlyList<string> TruncateTexts(IReadOnlyList<string> all)
    {
        if (all.Count <= MaxItems + 1 && all.All(t => t.Length <= MaxTextLength))
        {
            return all;
        }
        var truncated = all.Take(all.Count <= MaxItems + 1 ? all.Count : MaxItems).Select(Truncate).ToList();
        if (all.Count > truncated.Count)
        {
            truncated.Add(string.Create(CultureInfo.InvariantCulture, $"and {all.Count - truncated.Count} more"));
        }
        return truncated;
    }

    /// <summary>Returns the first <see cref="MaxItems"/> of each list.</summary>
    /// <param name="all">Lists by name.</param>
    /// <returns>The truncated lists, and the number of items left out of each list that was truncated; null if empty.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<string>>? Kept, IReadOnlyDictionary<string, int>? More) TruncateLists(
        IReadOnlyDictionary<string, IReadOnlyList<string>> all
    )
    {
        var more = all.Where(l => l.Value.Count > MaxItems).ToDictionary(l => l.Key, l => l.Value.Count - MaxItems, StringComparer.Ordinal);
        var truncated = all.ToDictionary(l => l.Key, IReadOnlyList<string> (l) => [.. l.Value.Take(MaxItems)], StringComparer.Ordinal);
        return (truncated.Count == 0 ? null : truncated, more.Count == 0 ? null : more);
    }

    /// <summary>Returns the first <see cref="MaxTextLength"/> characters of a text.</summary>
    // Never splits a surrogate pair: half of one is not valid text, and a store refuses it.
    public static string Truncate(string text) =>
        text.Length <= MaxTextLength
            ? text
            : $"{text[..(char.IsHighSurrogate(text[MaxTextLength - 1]) ? MaxTextLength - 1 : MaxTextLength)]}…";
}
