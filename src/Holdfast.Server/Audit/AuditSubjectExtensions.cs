using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Audit;

/// <summary>What a request is about, for its entry in the audit log, where its address does not say it.</summary>
internal static class AuditSubjectExtensions
{
    private static readonly object Key = new();

    /// <summary>Adds names and ids to what the entry says that it was done to; never contents or secrets.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fields">What each is, a word of letters, and its value; null for none.</param>
    public static void AddAuditSubject(this HttpContext context, params ReadOnlySpan<(string Field, string? Value)> fields)
    {
        var subject = context.Items[Key] as string ?? "";
        foreach (var (field, value) in fields)
        {
            if (value is not null)
            {
                subject += $"{(subject.Length == 0 ? "" : " ")}{field}={value}";
            }
        }

        context.Items[Key] = subject;
    }

    /// <summary>What the request is about; null where nobody has said it.</summary>
    public static string? GetAuditSubject(HttpContext context) => context.Items[Key] as string;
}
