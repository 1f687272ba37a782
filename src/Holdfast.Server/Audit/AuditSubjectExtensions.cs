using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Audit;

/// <summary>Sets the subject of a request for the audit log, if its address does not contain it.</summary>
internal static class AuditSubjectExtensions
{
    private static readonly object Key = new();

    /// <summary>Adds names and ids to the subject; never contents or secrets.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fields">Pairs of a word and its value; null values are omitted.</param>
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

    /// <summary>The subject of the request; null if none was set.</summary>
    public static string? GetAuditSubject(HttpContext context) => context.Items[Key] as string;
}
