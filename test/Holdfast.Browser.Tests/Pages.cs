using System.Reflection;
using Holdfast.Server.Access;
using Holdfast.Studio;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Browser.Tests;

/// <summary>Every page of Studio, with addresses at which it can be looked at.</summary>
internal static class Pages
{
    /// <summary>A database of <see cref="Studio.Samples"/>, as a part of an address.</summary>
    public const string Database = "local%2Forders.db";

    // A page without an address here fails a test. More than one where it shows something else.
    private static readonly Dictionary<string, string[]> Addresses = new(StringComparer.Ordinal)
    {
        ["/"] = ["/", "/?state=Covered&search=orders"],
        ["/operations"] = ["/operations", "/operations?state=Failed&kind=Restore"],
        ["/operations/{Id}"] = ["/operations/none"],
        ["/restore"] = ["/restore", $"/restore?from={Database}", "/restore?from=destination%3Anas", "/restore?from=%2Fnowhere"],
        ["/databases/{Id}/backups"] = [$"/databases/{Database}/backups", "/databases/local%2Ftenants%2Fnew.db/backups"],
        ["/server/destinations"] = ["/server/destinations", "/server/destinations?add=local", "/server/destinations?edit=nas"],
        ["/server/sources"] = ["/server/sources", "/server/sources?key=new"],
        ["/server/nodes"] = ["/server/nodes"],
        ["/server/alerts"] = ["/server/alerts", "/server/alerts?severity=Error"],
        ["/server/users"] = ["/server/users", "/server/users?add=user", "/server/users?add=token", "/server/users?edit=admin"],
        ["/server/audit"] = ["/server/audit", "/server/audit?search=nightly"],
        ["/server/about"] = ["/server/about"],
        ["/not-found"] = ["/not-found"],
        ["/not-allowed"] = ["/not-allowed"],
        ["/password"] = ["/password"],
    };

    // Of those who are not signed in; it has tests of its own.
    private static readonly string[] Open = ["/sign-in"];

    /// <summary>Routes of all pages, as the code declares them.</summary>
    public static IReadOnlyList<string> Routes { get; } = [.. All().Select(p => p.Route).Order(StringComparer.Ordinal)];

    /// <summary>All addresses, with the least role that may open each.</summary>
    public static IReadOnlyList<(string Address, Role Role)> Known { get; } = [.. All().Where(p => Addresses.ContainsKey(p.Route)).SelectMany(p => Addresses[p.Route].Select(a => (a, RoleOf(p.Page))))];

    /// <summary>Routes that have no address here, and routes that are here and not in the code.</summary>
    public static IEnumerable<string> Forgotten() => Routes.Except(Addresses.Keys).Except(Open).Concat(Addresses.Keys.Except(Routes));

    private static IEnumerable<(Type Page, string Route)> All() => typeof(App).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes<RouteAttribute>(inherit: false).Select(r => (t, r.Template)));

    private static Role RoleOf(Type page) => page.GetCustomAttributes<AuthorizeAttribute>(inherit: true).OfType<NeedsRoleAttribute>().Select(a => a.Role).DefaultIfEmpty(Role.Viewer).Max();
}
