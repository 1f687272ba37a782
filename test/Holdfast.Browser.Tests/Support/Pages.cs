using System.Reflection;
using System.Text.RegularExpressions;
using Holdfast.Api.Access;
using Holdfast.Studio;
using Holdfast.Studio.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Browser.Tests.Support;

/// <summary>Every page of Studio, with URLs to open it.</summary>
internal static partial class Pages
{
    /// <summary>Placeholder for the id of an operation.</summary>
    public const string Operation = "OPERATION";

    /// <summary>Placeholder for the id of a run.</summary>
    public const string Run = "RUN";

    /// <summary>Placeholder for the id of a regular task.</summary>
    public const string Task = "TASK";

    private const string Database = "/databases/local%2Forders.db";

    // URLs by route, without the names of parameters. The first opens the page as such; others open it in other states. A test
    // fails if a page has no URL here.
    private static readonly Dictionary<string, string[]> Addresses = new(StringComparer.Ordinal)
    {
        ["/"] = ["/", "/?state=Covered&search=orders"],
        ["/databases/{}/tasks"] = [$"{Database}/tasks"],
        ["/databases/{}/tasks/new"] = [$"{Database}/tasks/new"],
        ["/databases/{}/tasks/{}/edit"] = [$"{Database}/tasks/{Task}/edit"],
        ["/databases/{}/topology"] = [$"{Database}/topology"],
        ["/databases/{}/backups"] = [$"{Database}/backups"],
        ["/operations"] = ["/operations", "/operations?state=Failed&kind=Restore"],
        ["/runs"] = ["/runs"],
        ["/runs/{}"] = [$"/runs/{Run}"],
        ["/operations/{}"] = [$"/operations/{Operation}"],
        ["/restore"] = ["/restore", "/restore?from=local%2Forders.db", "/restore?from=destination%3Anas"],
        ["/server-wide-backup"] = ["/server-wide-backup"],
        ["/server-wide-backup/new"] = ["/server-wide-backup/new"],
        ["/server-wide-backup/{}"] = ["/server-wide-backup/nightly"],
        ["/server/destinations"] = ["/server/destinations", "/server/destinations?add=local", "/server/destinations?edit=nas"],
        ["/server/sources"] = ["/server/sources", "/server/sources?key=new", "/server/sources?add=postgresql"],
        ["/server/nodes"] = ["/server/nodes"],
        ["/server/alerts"] = ["/server/alerts", "/server/alerts?severity=Error"],
        ["/server/users"] = ["/server/users", "/server/users?add=user", "/server/users?add=token", "/server/users?edit=admin"],
        ["/server/audit"] = ["/server/audit", "/server/audit?search=nightly"],
        ["/server/about"] = ["/server/about"],
        ["/not-found"] = ["/not-found"],
        ["/not-allowed"] = ["/not-allowed"],
        ["/password"] = ["/password"],
    };

    // For users who are not signed in; it has its own tests.
    private const string Open = "/sign-in";

    /// <summary>All URLs, with the lowest role that may open each.</summary>
    public static IReadOnlyList<(string Address, Role Role)> Known { get; } =
    [.. All().Where(p => Addresses.ContainsKey(p.Route)).SelectMany(p => Addresses[p.Route].Select(a => (a, RoleOf(p.Page))))];

    /// <summary>The first URL of each page.</summary>
    public static IEnumerable<string> First => All().Where(p => Addresses.ContainsKey(p.Route)).Select(p => Addresses[p.Route][0]);

    /// <summary>Routes without a URL here.</summary>
    public static IEnumerable<string> Forgotten() => All().Select(p => p.Route).Where(r => r != Open && !Addresses.ContainsKey(r));

    private static IEnumerable<(Type Page, string Route)> All() =>
        typeof(App)
            .Assembly.GetTypes()
            .SelectMany(t => t.GetCustomAttributes<RouteAttribute>(inherit: false).Select(r => (t, Parameter().Replace(r.Template, "{}"))))
            .OrderBy(p => p.Item2, StringComparer.Ordinal);

    private static Role RoleOf(Type page) =>
        page.GetCustomAttributes<AuthorizeAttribute>(inherit: true)
            .OfType<RequireRoleAttribute>()
            .Select(a => a.Role)
            .DefaultIfEmpty(Role.Viewer)
            .Max();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
