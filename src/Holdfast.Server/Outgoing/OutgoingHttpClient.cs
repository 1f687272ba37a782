using System.Globalization;
using Holdfast.Core.Errors;

namespace Holdfast.Server.Outgoing;

/// <summary>
/// Calls an address of the configuration. Nothing it tells repeats the address, which may hold a secret, nor what was
/// answered.
/// </summary>
internal sealed class OutgoingHttpClient : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client = new(OutgoingAddressPolicy.CreateHandler()) { Timeout = CallTimeout };

    /// <summary>Calls it.</summary>
    /// <returns>What went wrong; null where it answered that it took the call.</returns>
    public async Task<string?> SendAsync(HttpMethod method, Uri address, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body };
        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"it answered with {(int)answer.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it did not answer within {CallTimeout.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return e.InnerException is HoldfastException refused ? refused.Message : $"it cannot be reached ({e.HttpRequestError})";
        }
        catch (HoldfastException e)
        {
            return e.Message;
        }
    }

    public void Dispose() => _client.Dispose();
}
