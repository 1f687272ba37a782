using System.Net;
using System.Security.Claims;

namespace Holdfast.Api.InProcess;

/// <summary>The caller on whose behalf a page in this process sends a request.</summary>
/// <param name="User">The signed-in user; null for nobody.</param>
/// <param name="Address">Address of the browser; null if unknown.</param>
/// <param name="IsHttps">Whether the browser is connected with TLS.</param>
/// <param name="SessionExpires">When the session of the page ends unless the page is loaded again; null for never.</param>
public sealed record InProcessCaller(ClaimsPrincipal? User, IPAddress? Address, bool IsHttps, DateTimeOffset? SessionExpires = null);
