namespace Holdfast.Core.Errors;

/// <summary>Joins texts of people, tools and servers, whose end is not always that of a sentence.</summary>
public static class Sentence
{
    private const string Ends = ".!?…:;";

    /// <summary>A text that another sentence can follow: with a full stop where it has no end of its own.</summary>
    public static string EnsureTerminated(string text)
    {
        var trimmed = text.TrimEnd();
        return trimmed.Length == 0 || Ends.Contains(trimmed[^1], StringComparison.Ordinal) ? trimmed : trimmed + ".";
    }

    /// <summary>A message and what follows it, as its hint. The message alone where nothing does.</summary>
    public static string Join(string message, string? next) => string.IsNullOrEmpty(next) ? message : $"{EnsureTerminated(message)} {next}";
}
