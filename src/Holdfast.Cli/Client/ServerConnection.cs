using Holdfast.Api;
using Holdfast.Api.Transport;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Client;

/// <summary>
/// A connection to a server: its typed client, and the one place that turns what goes wrong with it into
/// <see cref="HoldfastException"/> with the codes that the command has for the same failures of its own.
/// </summary>
internal sealed class ServerConnection : IApiTransport, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    private readonly Uri _server;
    private readonly bool _hasToken;
    private readonly HttpApiTransport _http;

    /// <summary>Connects to <paramref name="server"/> with an API token; without one, with the cookie that signing in gives.</summary>
    public ServerConnection(Uri server, string? token)
    {
        (_server, _hasToken) = (server, token is not null);
        _http = new(server, token);
        Client = new(this);
    }

    /// <summary>The client. What the server refuses it throws as <see cref="ApiException"/>; see <see cref="RunAsync"/>.</summary>
    public HoldfastClient Client { get; }

    /// <summary>Runs work with the client.</summary>
    /// <exception cref="HoldfastException">The server refused, failed, or does not answer.</exception>
    /// <exception cref="WaitCanceledException">The command was cancelled while the server worked or answered.</exception>
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

    /// <summary>A failure of the API as the command reports it.</summary>
    public HoldfastException Translate(ApiException e)
    {
        if (e.Code is not { } code)
        {
            return UnexpectedResponse(
                e.Status is >= 200 and < 300 ? "a document of another form" : $"status {e.Status} without a reason",
                e
            );
        }
        var error = ErrorCatalogue.Find(code);
        if (error == ErrorCatalogue.AuthenticationRequired && _hasToken)
        {
            return new(
                error,
                $"The server at {DisplayUrl} does not know this API token.",
                $"holdfast login --server {DisplayUrl}, or give another with --token-file FILE.",
                e
            );
        }
        var message = e.Problem?.Detail ?? code;
        if (error == ErrorCatalogue.Unexpected && e.Problem?.TraceId is { } trace)
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

    // Reads the whole answer, so that a connection that breaks in the middle of one is reported here too.
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
                ErrorCatalogue.ServerUnreachable,
                $"The server at {DisplayUrl} does not answer in time.",
                "Check the server's log, and that the address is the server's.",
                e
            );
        }
    }

    private string DisplayUrl => _server.AbsoluteUri.TrimEnd('/');

    private HoldfastException Unreachable(Exception e) =>
        new(
            ErrorCatalogue.ServerUnreachable,
            $"The server at {DisplayUrl} cannot be reached: {e.InnerException?.Message ?? e.Message}",
            e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                ? "Its certificate must match the host name and be trusted on this machine; SSL_CERT_FILE adds trusted ones."
                : "Is it running? holdfast serve starts a server; --server URL selects another one.",
            e
        );

    private HoldfastException UnexpectedResponse(string what, Exception e) =>
        new(
            ErrorCatalogue.Unexpected,
            $"{DisplayUrl} answered with {what}.",
            "Check that the address is that of a Holdfast server, and whether a proxy is in between.",
            e
        );
}
