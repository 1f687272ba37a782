using Holdfast.Api;
using Holdfast.Api.Transport;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Client;

/// <summary>
/// A connection to a server: its typed client, and the only place that converts its failures to <see
/// cref="HoldfastException"/>, with the same codes that the command uses for its own failures.
/// </summary>
internal sealed class ServerConnection : IApiTransport, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    private readonly Uri _server;
    private readonly bool _hasToken;
    private readonly HttpApiTransport _http;

    /// <summary>
    /// Creates a connection to <paramref name="server"/> with an API token, or without one with the cookie from signing
    /// in.
    /// </summary>
    public ServerConnection(Uri server, string? token)
    {
        (_server, _hasToken) = (server, token is not null);
        _http = new(server, token);
        Client = new(this);
    }

    /// <summary>The client. If the server refuses a request, it throws <see cref="ApiException"/>; see <see cref="RunAsync"/>.</summary>
    public HoldfastClient Client { get; }

    /// <summary>Runs work with the client.</summary>
    /// <exception cref="HoldfastException">The server refused the request, failed, or does not answer.</exception>
    /// <exception cref="WaitCanceledException">The command was cancelled while it waited for the server.</exception>
    public async Task<T> RunAsync<T>(Func<HoldfastClient, Task<T>> work)
    {
        try
        {
            return await work(Client);
        }
        catch (ApiException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>Converts a failure of the API to that of the command.</summary>
    public HoldfastException Translate(ApiException e)
    {
        if (e.Code is not { } code)
        {
            return UnexpectedResponse(e.Status is >= 200 and < 300 ? "an unexpected document" : $"status {e.Status} and no explanation", e);
        }
        var error = ErrorCatalog.Find(code);
        if (error == ErrorCatalog.AuthenticationRequired && _hasToken)
        {
            return new(
                error,
                $"The server at {DisplayUrl} does not accept this API token.",
                $"holdfast login --server {DisplayUrl}, or give another token with --token-file FILE.",
                e
            );
        }
        var message = e.Problem?.Detail ?? code;
        if (error == ErrorCatalog.Unexpected && e.Problem?.TraceId is { } trace)
        {
            message += $" (traceId {trace})";
        }
        var hint =
            e.ValidationErrors.Count > 1
                ? string.Join('\n', e.ValidationErrors.Select(v => $"{v.Field}: {v.Message} {v.Hint}".TrimEnd()))
                : e.Hint;
        return new(error, message, hint, e);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // Reads the whole answer, so that a connection that fails in the middle of it is reported here too.
    async Task<ApiResponse> IApiTransport.SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Timeout);
        try
        {
            await using var response = await _http.SendAsync(request, limited.Token);
            var body = new MemoryStream();
            await response.Body.CopyToAsync(body, limited.Token);
            body.Position = 0;
            return new(response.Status, body) { ETag = response.ETag, Cookies = response.Cookies };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new WaitCanceledException();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HoldfastException(
                ErrorCatalog.ServerUnreachable,
                $"The server at {DisplayUrl} does not answer in time.",
                "Check the log of the server, and that the address is right.",
                e
            );
        }
    }

    private string DisplayUrl => _server.AbsoluteUri.TrimEnd('/');

    private HoldfastException Unreachable(Exception e) =>
        new(
            ErrorCatalog.ServerUnreachable,
            $"The server at {DisplayUrl} cannot be reached: {e.InnerException?.Message ?? e.Message}",
            e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                ? "Its certificate must match the host name and be trusted on this machine; SSL_CERT_FILE adds trusted ones."
                : "Is it running? holdfast serve starts a server; --server URL selects another one.",
            e
        );

    private HoldfastException UnexpectedResponse(string what, Exception e) =>
        new(
            ErrorCatalog.Unexpected,
            $"{DisplayUrl} answered with {what}.",
            "Check that the address is that of a Holdfast server, and whether a proxy is in between.",
            e
        );
}
