namespace Holdfast.Core.Errors;

/// <summary>Joins texts from people, tools and servers, which do not always end like a sentence.</summary>
public static class Sentence
{
    private const string Ends = ".!?…:;";

    /// <summary>Returns the text with a full stop, unless it already ends like a sentence.</summary>
    public static string EnsureTerminated(string text)
    {
        var trimmed = text.TrimEnd();
        return trimmed.Length == 0 || Ends.Contains(trimmed[^1], StringComparison.Ordinal) ? trimmed : trimmed + ".";
    }

    /// <summary>Joins a message and the sentence after it, such as its hint; returns the message alone if there is none.</summary>
    public static string Join(string message, string? next) => string.IsNullOrEmpty(next) ? message : $"{EnsureTerminated(message)} {next}";
}
