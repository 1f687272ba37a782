using Holdfast.Core.Databases;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>The name of the new database.</summary>
public static class DatabaseNameSuggestion
{
    private const string Suffix = "-restored";

    /// <summary>
    /// The first name of this kind that nobody has: the old one where it is free, else <c>orders-restored.db</c>,
    /// <c>orders-restored-2.db</c>, …
    /// </summary>
    /// <param name="old">Name of the database that the backup is of, without its source.</param>
    /// <param name="isTaken">Whether a name is taken.</param>
    public static async Task<string> SuggestAsync(string old, Func<string, Task<bool>> isTaken)
    {
        const int most = 50; // then it is left to the person
        var dot = old.LastIndexOf('.');
        var (stem, extension) = dot > old.LastIndexOf('/') + 1 ? (old[..dot], old[dot..]) : (old, "");
        var name = old;
        for (var i = 1; i <= most && await isTaken(name); i++)
        {
            name = $"{stem}{Suffix}{(i == 1 ? "" : $"-{i}")}{extension}";
        }
        return name;
    }

    /// <summary>What is wrong with a name, before anybody is asked; null where nothing is.</summary>
    public static string? Validate(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "Give the new database a name.";
        }
        if (name.Any(char.IsControl))
        {
            return "The name holds characters that cannot be seen.";
        }
        return name.Split('/').Any(part => part is "" or "." or "..") ? "A part of the name is empty, '.' or '..'." : null;
    }

    /// <summary>The name in an id, without its source; the whole where it is none.</summary>
    public static string Of(string id) =>
        id.Contains('/', StringComparison.Ordinal) && !id.EndsWith('/') && !id.StartsWith('/') ? DatabaseId.Parse(id).Name : id;
}
