using Holdfast.Core.Databases;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>Suggests and checks names of new databases.</summary>
public static class DatabaseNameSuggestion
{
    private const string Suffix = "-restored";

    /// <summary>
    /// The first unused name: the original name, then <c>orders-restored.db</c>, <c>orders-restored-2.db</c> and so on.
    /// </summary>
    /// <param name="old">Name of the original database, without its source.</param>
    /// <param name="isTaken">Whether a name is in use.</param>
    public static async Task<string> SuggestAsync(string old, Func<string, Task<bool>> isTaken)
    {
        const int most = 50; // after that, the user has to choose a name
        var dot = old.LastIndexOf('.');
        var (stem, extension) = dot > old.LastIndexOf('/') + 1 ? (old[..dot], old[dot..]) : (old, "");
        var name = old;
        for (var i = 1; i <= most && await isTaken(name); i++)
        {
            name = $"{stem}{Suffix}{(i == 1 ? "" : $"-{i}")}{extension}";
        }
        return name;
    }

    /// <summary>Checks the syntax of a name. Returns the problem; null if there is none.</summary>
    public static string? Validate(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "Enter a name for the new database.";
        }
        if (name.Any(char.IsControl))
        {
            return "The name contains control characters.";
        }
        return name.Split('/').Any(part => part is "" or "." or "..") ? "A component of the name is empty, '.' or '..'." : null;
    }

    /// <summary>The name in an id, without its source; the text itself if it is not an id.</summary>
    public static string Of(string id) =>
        id.Contains('/', StringComparison.Ordinal) && !id.EndsWith('/') && !id.StartsWith('/') ? DatabaseId.Parse(id).Name : id;
}
