namespace Holdfast.Studio.Formatting;

/// <summary>Formats who requested something: a user, a token or the schedule.</summary>
public static class RequesterFormatter
{
    private const string TokenPrefix = "token:";

    /// <summary>A user or token, as the API names it; null for the schedule.</summary>
    public static string Of(string? requester) =>
        requester is null ? "the schedule"
        : requester.StartsWith(TokenPrefix, StringComparison.Ordinal) ? $"token {requester[TokenPrefix.Length..]}"
        : requester;
}
