using System.Globalization;

namespace Holdfast.Core.Tasks;

/// <summary>How tasks are named.</summary>
public static class TaskNames
{
    /// <summary>Every derived task's name begins with it, and no other's may.</summary>
    public const string ServerWidePrefix = "Server Wide Backup";

    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Name of the tasks that are derived from the template <paramref name="templateName"/>.</summary>
    public static string Derived(string templateName) => $"{ServerWidePrefix}, {templateName}";

    /// <summary>Whether a regular task may not be called so.</summary>
    public static bool IsReserved(string name)
    {
        // Nor may one look so: characters that show nothing are passed over.
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
