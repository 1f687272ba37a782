using System.Globalization;

namespace Holdfast.Core.Tasks;

/// <summary>How tasks are named.</summary>
public static class TaskNames
{
    /// <summary>Prefix of the names of derived tasks; reserved for them.</summary>
    public const string ServerWidePrefix = "Server Wide Backup";

    /// <summary>Maximum length of a name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Returns the name of the tasks derived from the template <paramref name="templateName"/>.</summary>
    public static string Derived(string templateName) => $"{ServerWidePrefix}, {templateName}";

    /// <summary>Whether a name is reserved and not available to regular tasks.</summary>
    public static bool IsReserved(string name)
    {
        // Names that only look reserved count too: invisible characters are ignored.
        var first = 0;
        while (
            first < name.Length
            && (char.IsWhiteSpace(name[first]) || char.GetUnicodeCategory(name[first]) is UnicodeCategory.Control or UnicodeCategory.Format)
        )
        {
            first++;
        }
        return name.AsSpan(first).StartsWith(ServerWidePrefix, StringComparison.OrdinalIgnoreCase);
    }
}
