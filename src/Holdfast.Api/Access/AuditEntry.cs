namespace Holdfast.Api.Access;

/// <summary>An entry of the audit log.</summary>
/// <param name="Time">When it happened.</param>
/// <param name="Who">The user, or <c>token:</c> followed by the name of the token; null if nobody was signed in.</param>
/// <param name="From">Address that the request came from; null if unknown.</param>
/// <param name="Action">The action: method and route, or a word such as <c>sign-in</c>.</param>
/// <param name="Subject">Names and ids of what the action was applied to; never contents.</param>
/// <param name="Result">The result: a status code, or a word.</param>
public sealed record AuditEntry(DateTimeOffset Time, string? Who, string? From, string Action, string? Subject, string Result);
