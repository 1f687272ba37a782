using System.Text.Encodings.Web;
using Holdfast.Api.InProcess;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Access.Users;
using Holdfast.State;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.InProcess;

/// <summary>Authenticates requests of pages in this process as the user who signed in at the page, while the session is valid.</summary>
internal sealed class InProcessAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    StateMirror<User> users,
    TimeProvider time
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "InProcess";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            Context.Features.Get<InProcessCaller>() switch
            {
                { User: { } user } caller when SessionCookieEvents.IsValid(user, users) && !(caller.SessionExpires <= time.GetUtcNow()) =>
                    AuthenticateResult.Success(new(user, SchemeName)),
                { User.Identity.IsAuthenticated: true } => AuthenticateResult.Fail("The session has ended."),
                _ => AuthenticateResult.NoResult(),
            }
        );
}
