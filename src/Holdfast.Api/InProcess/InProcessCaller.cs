using System.Net;
using System.Security.Claims;

namespace Holdfast.Api.InProcess;

/// <summary>On whose behalf a page in this process sends a request.</summary>
/// <param name="User">Who is signed in at the page; null for nobody.</param>
/// <param name="Address">Where the browser is; null where that is not known.</param>
/// <param name="IsHttps">Whether the browser came over TLS.</param>
/// <param name="SessionExpires">When the page's session ends, unless it is loaded again; null for never.</param>
public sealed record InProcessCaller(ClaimsPrincipal? User, IPAddress? Address, bool IsHttps, DateTimeOffset? SessionExpires = null);
