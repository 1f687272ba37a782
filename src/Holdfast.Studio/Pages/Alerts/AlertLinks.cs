using Holdfast.Core.Alerts;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>From an alert to the page where its subject is.</summary>
internal static class AlertLinks
{
    /// <summary>Where what it is about can be looked at; null for the server itself.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="templates">Names of server-wide tasks by their ids.</param>
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
