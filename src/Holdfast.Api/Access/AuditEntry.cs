namespace Holdfast.Api.Access;

/// <summary>One thing that somebody did.</summary>
/// <param name="Time">When.</param>
/// <param name="Who">The user, or <c>token:</c> and the token's name; null where nobody was signed in.</param>
/// <param name="From">The address that it came from; null where there is none.</param>
/// <param name="Action">What: method and route, or a word such as <c>sign-in</c>.</param>
/// <param name="Subject">What it was done to: names and ids, never contents.</param>
/// <param name="Result">What became of it: a status code, or a word.</param>
public sealed record AuditEntry(DateTimeOffset Time, string? Who, string? From, string Action, string? Subject, string Result);
