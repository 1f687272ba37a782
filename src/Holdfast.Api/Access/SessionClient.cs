using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>The caller's session.</summary>
public sealed class SessionClient
{
    private readonly ApiSender _api;

    internal SessionClient(ApiSender api) => _api = api;

    /// <summary>Signs in. The answer sets a cookie, which the transport must keep.</summary>
    public Task<SessionView> SignInAsync(SignInRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<SignInRequest, SessionView>(SessionRoutes.Session, request, cancellationToken);

    /// <summary>Gets the signed-in user.</summary>
    public Task<SessionView> GetAsync(CancellationToken cancellationToken = default) =>
        _api.GetAsync<SessionView>(SessionRoutes.Session, cancellationToken);

    /// <summary>Signs out.</summary>
    public Task SignOutAsync(CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(SessionRoutes.Session, null, cancellationToken);

    /// <summary>Changes the password of the signed-in user.</summary>
    public Task<SessionView> ChangePasswordAsync(PasswordRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<PasswordRequest, SessionView>(SessionRoutes.Password, request, cancellationToken);
}
