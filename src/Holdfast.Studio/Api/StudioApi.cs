using System.Text.Json;
using Holdfast.Api;
using Holdfast.Core.Events;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.InProcess;

namespace Holdfast.Studio.Api;

/// <summary>The API as a page asks it: for the user who looks at it, through the same roles, rules and audit log as any program.</summary>
public sealed class StudioApi
{
    private readonly InProcessApi _api;
    private readonly PageCaller _caller;

    internal StudioApi(InProcessApi api, PageCaller caller) => (_api, _caller) = (api, caller);

    /// <summary>Told when the session has ended: the page has to sign in again.</summary>
    public event Action? SignedOut;

    /// <summary>Reads something.</summary>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task<T> GetAsync<T>(string target, CancellationToken cancellationToken = default) =>
        (await SendAsync<T>(HttpMethod.Get, target, null, null, cancellationToken)).Value;

    /// <summary>Reads something that may not be there; null where it is not.</summary>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task<Versioned<T>?> FindAsync<T>(string target, CancellationToken cancellationToken = default)
        where T : class
    {
        try
        {
            return await SendAsync<T>(HttpMethod.Get, target, null, null, cancellationToken);
        }
        catch (ApiException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Reads all pages of a list.</summary>
    /// <param name="target">The list.</param>
    /// <param name="most">The most items; what follows is left out.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string target, int most = int.MaxValue, CancellationToken cancellationToken = default)
    {
        var items = new List<T>();
        for (string? after = null; ; )
        {
            var page = await GetAsync<Page<T>>(
                after is null
                    ? target
                    : $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}after={Uri.EscapeDataString(after)}",
                cancellationToken
            );
            items.AddRange(page.Items);
            after = page.Next;
            if (after is null || items.Count >= most)
            {
                return items;
            }
        }
    }

    /// <summary>Does something, and reads what came of it.</summary>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task<Versioned<T>> SendAsync<T>(
        HttpMethod method,
        string target,
        object? body = null,
        string? ifMatch = null,
        CancellationToken cancellationToken = default
    )
    {
        var answer = await SendAsync(method, target, body, ifMatch, cancellationToken);
        return new(JsonSerializer.Deserialize<T>(answer.Body.Span, ApiJson.Options)!, answer.ETag);
    }

    /// <summary>Does something.</summary>
    /// <exception cref="ApiException">It was refused.</exception>
    public async Task<InProcessResponse> SendAsync(
        HttpMethod method,
        string target,
        object? body = null,
        string? ifMatch = null,
        CancellationToken cancellationToken = default
    )
    {
        var answer = await _api.SendAsync(await _caller.GetAsync(), method, target, body, ifMatch, cancellationToken);
        if (answer.Status < 300)
        {
            return answer;
        }
        if (answer.Status == 401)
        {
            Subscribers.Notify(SignedOut);
        }
        throw ApiException.FromResponse(answer.Status, answer.Body.Span);
    }
}
