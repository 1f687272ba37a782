using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Holdfast.Api.Transport;

/// <summary>Sends requests and reads answers as types of the contract.</summary>
internal sealed class ApiSender(IApiTransport transport)
{
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        (await GetVersionedAsync<T>(path, cancellationToken)).Value;

    public Task<Versioned<T>> GetVersionedAsync<T>(string path, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Get, path), cancellationToken);

    public async Task<Versioned<T>?> FindAsync<T>(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await GetVersionedAsync<T>(path, cancellationToken);
        }
        catch (ApiException e) when (e.Status == 404)
        {
            return null;
        }
    }

    public async Task<T?> FindValueAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => (await FindAsync<T>(path, cancellationToken))?.Value;

    public async Task<IReadOnlyList<T>> ListAsync<T>(string path, CancellationToken cancellationToken) =>
        (await GetAsync<Page<T>>(path, cancellationToken)).Items;

    public async IAsyncEnumerable<T> EnumerateAsync<T>(
        Func<string?, string> path,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (string? after = null; ; )
        {
            var page = await GetAsync<Page<T>>(path(after), cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }
            if ((after = page.Next) is null)
            {
                yield break;
            }
        }
    }

    /// <summary>Reads a list by skipping the items that were already read; for sort orders without a cursor.</summary>
    public async IAsyncEnumerable<T> EnumerateBySkipAsync<T>(
        Func<int, string> path,
        int first,
        int pageSize,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (var skip = first; ; skip += pageSize)
        {
            var items = await ListAsync<T>(path(skip), cancellationToken);
            foreach (var item in items)
            {
                yield return item;
            }
            if (items.Count < pageSize)
            {
                yield break;
            }
        }
    }

    public Task PostAsync(string path, CancellationToken cancellationToken) => SendAsync(new(HttpMethod.Post, path), cancellationToken);

    public async Task<T> PostAsync<T>(string path, CancellationToken cancellationToken) =>
        (await SendAsync<T>(new(HttpMethod.Post, path), cancellationToken)).Value;

    public async Task<T> PostAsync<TBody, T>(string path, TBody body, CancellationToken cancellationToken) =>
        (await SendAsync<T>(new(HttpMethod.Post, path) { Body = ToJson(body) }, cancellationToken)).Value;

    public async Task<IReadOnlyList<T>> PostListAsync<T>(string path, CancellationToken cancellationToken) =>
        (await PostAsync<Page<T>>(path, cancellationToken)).Items;

    public async Task<IReadOnlyList<T>> PostListAsync<TBody, T>(string path, TBody body, CancellationToken cancellationToken) =>
        (await PostAsync<TBody, Page<T>>(path, body, cancellationToken)).Items;

    public Task PostBodyAsync<TBody>(string path, TBody body, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Post, path) { Body = ToJson(body) }, cancellationToken);

    public Task<Versioned<T>> PutAsync<TBody, T>(string path, TBody body, EditCondition? condition, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Put, path) { Body = ToJson(body), Condition = condition }, cancellationToken);

    public Task PutBodyAsync<TBody>(string path, TBody body, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Put, path) { Body = ToJson(body) }, cancellationToken);

    public Task DeleteAsync(string path, EditCondition? condition, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Delete, path) { Condition = condition }, cancellationToken);

    public static byte[] ToJson<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, ClientJson.TypeInfo<T>());

    /// <summary>Sends a request. The caller reads and disposes the response.</summary>
    /// <exception cref="ApiException">The server refused the request, or failed.</exception>
    public async Task<ApiResponse> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var response = await transport.SendAsync(request, cancellationToken);
        if (response.IsSuccess)
        {
            return response;
        }
        await using (response)
        {
            using var body = new MemoryStream();
            await response.Body.CopyToAsync(body, cancellationToken);
            throw ApiException.FromResponse(response.Status, body.ToArray());
        }
    }

    public async Task<Versioned<T>> SendAsync<T>(ApiRequest request, CancellationToken cancellationToken)
    {
        await using var response = await OpenAsync(request, cancellationToken);
        try
        {
            var value = await JsonSerializer.DeserializeAsync(response.Body, ClientJson.TypeInfo<T>(), cancellationToken);
            return value is null ? throw Unexpected(response) : new(value, response.ETag, response.Status == 201);
        }
        catch (JsonException)
        {
            throw Unexpected(response);
        }
    }

    private async Task SendAsync(ApiRequest request, CancellationToken cancellationToken) =>
        await (await OpenAsync(request, cancellationToken)).DisposeAsync();

    private static ApiException Unexpected(ApiResponse response) =>
        new(
            response.Status,
            "The answer does not have the expected form.",
            "Check that the address is that of a Holdfast server, and that the server is not older than this client."
        );
}
