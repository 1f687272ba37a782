using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Client;

/// <summary>
/// Talks to a server: its failures become <see cref="HoldfastException"/> with the codes that the command has for the
/// same failures of its own.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private const int PageSize = 1000;

    private readonly HttpClient _http;
    private readonly Uri _server;

    /// <summary>Talks to <paramref name="server"/> with an API token; without one, with the cookie that signing in gives.</summary>
    public ApiClient(Uri server, string? token)
    {
        _server = server;

        // A redirect could lead the token elsewhere, and a proxy has no business between this machine and itself.
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = !server.IsLoopback,
                ConnectTimeout = TimeSpan.FromSeconds(15),
            }
        )
        {
            BaseAddress = new(server, "api/v1/"),
        };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>A part of a path: percent-encoded, slashes too.</summary>
    public static string EscapeSegment(string text) => Uri.EscapeDataString(text);

    /// <summary>Asks for a document.</summary>
    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) =>
        RequireBody(await SendAsync(HttpMethod.Get, path, null, cancellationToken));

    /// <summary>Asks for a document; null where there is no such thing.</summary>
    public async Task<ApiResponse?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
        {
            return null;
        }
    }

    /// <summary>Asks for a list, and goes on to its end or to <paramref name="most"/> items.</summary>
    public async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken, int most = int.MaxValue)
    {
        var items = new JsonArray();
        for (string? after = null; ; )
        {
            var size = Math.Min(PageSize, most - items.Count);
            var page = await GetAsync(
                $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={size}{(after is null ? "" : $"&after={EscapeSegment(after)}")}",
                cancellationToken
            );
            foreach (var item in page.GetItems().ToList())
            {
                if (items.Count == most)
                {
                    break;
                }
                items.Add(item.DeepClone());
            }

            after = page.FindText("next");
            if (after is null || items.Count >= most)
            {
                return items;
            }
        }
    }

    /// <summary>Sends something whose answer is a document.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken) =>
        RequireBody(await SendAsync(HttpMethod.Post, path, body, cancellationToken));

    /// <summary>Sends a request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path below <c>/api/v1/</c>.</param>
    /// <param name="body">Its document; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="ifMatch">The revision that is expected; null for any.</param>
    /// <param name="ifNew">Whether there must be no such thing yet.</param>
    /// <exception cref="HoldfastException">The server refused, failed, or does not answer.</exception>
    /// <exception cref="WaitCanceledException">The token was cancelled before the answer came.</exception>
    public async Task<ApiResponse> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        CancellationToken cancellationToken,
        string? ifMatch = null,
        bool ifNew = false
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }
        if (ifNew)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        }
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw ToException(response.StatusCode, text);
            }
            var tag = response.Headers.TryGetValues("ETag", out var tags) ? tags.First() : null;
            return new(text.Length == 0 ? null : ParseDocument(text), tag, response.StatusCode == HttpStatusCode.Created);
        }
        catch (HttpRequestException e)
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
                "Look at its log; and whether the address is the server's.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private string DisplayUrl => _server.AbsoluteUri.TrimEnd('/');

    private JsonNode RequireBody(ApiResponse answer) => answer.Body ?? throw UnexpectedResponse("an empty answer");

    private JsonNode ParseDocument(string text)
    {
        try
        {
            return JsonNode.Parse(text) ?? throw UnexpectedResponse("no document");
        }
        catch (JsonException)
        {
            throw UnexpectedResponse("something that is no JSON");
        }
    }

    private HoldfastException ToException(HttpStatusCode status, string text)
    {
        JsonNode? problem = null;
        try
        {
            problem = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Not the server's own words: a proxy's.
        }

        if (problem is not JsonObject || problem.FindText("code") is not { } code)
        {
            return UnexpectedResponse($"status {(int)status} without a reason");
        }
        var error = ErrorCatalogue.Find(code);
        var (message, hint) = (problem.FindText("detail") ?? code, problem.FindText("hint"));
        if (error == ErrorCatalogue.AuthenticationRequired && _http.DefaultRequestHeaders.Authorization is not null)
        {
            return new(
                error,
                $"The server at {DisplayUrl} does not know this API token.",
                $"holdfast login --server {DisplayUrl}, or give another with --token-file FILE."
            );
        }
        if (error == ErrorCatalogue.Unexpected && problem.FindText("traceId") is { } trace)
        {
            message += $" (traceId {trace})";
        }
        var faults =
            problem["errors"] is JsonArray list && list.Count > 1
                ? list.Select(f => $"{f.FindText("field")}: {f.FindText("message")} {f.FindText("hint")}".TrimEnd()).ToList()
                : [];
        return new(error, message, faults.Count > 0 ? string.Join('\n', faults) : hint);
    }

    private HoldfastException Unreachable(HttpRequestException e) =>
        new(
            ErrorCatalogue.ServerUnreachable,
            $"The server at {DisplayUrl} cannot be reached: {e.InnerException?.Message ?? e.Message}",
            e.HttpRequestError == HttpRequestError.SecureConnectionError
                ? "Its certificate must be of this name and trusted here; SSL_CERT_FILE names one more to trust."
                : "Is it running? holdfast serve starts one; --server URL names another.",
            e
        );

    private HoldfastException UnexpectedResponse(string what) =>
        new(
            ErrorCatalogue.Unexpected,
            $"{DisplayUrl} answered with {what}.",
            "Is this a Holdfast server? Look at the address, and at what stands in between."
        );
}
