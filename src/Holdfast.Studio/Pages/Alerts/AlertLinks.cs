using Holdfast.Core.Alerts;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>Links from an alert to the page of its subject.</summary>
internal static class AlertLinks
{
    /// <summary>URL and text of the link; null if the subject is the server itself.</summary>
    /// <param name="subject">Subject of the alert.</param>
    /// <param name="templates">Names of the server-wide tasks by id.</param>
    public static (string Address, string Text)? Of(AlertSubject subject, IReadOnlyDictionary<string, string> templates) =>
        subject switch
        {
            { Database: { } database } => (Links.Database(database), database),
            { Template: { } id } when templates.TryGetValue(id, out var name) => (Links.ServerWide(name), name),
            { Destination: { } destination } => ("/server/destinations", destination),
            { Source: { } source } => ("/server/sources", source),
            _ => null,
        };
}
