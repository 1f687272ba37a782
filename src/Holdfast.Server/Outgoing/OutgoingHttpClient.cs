using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Network;

namespace Holdfast.Server.Outgoing;

/// <summary>
/// Calls an address of the configuration. Errors repeat neither the address, which can contain a secret, nor the
/// content of the answer.
/// </summary>
internal sealed class OutgoingHttpClient : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client = new(OutgoingAddressPolicy.CreateHandler()) { Timeout = CallTimeout };

    /// <summary>Sends a request.</summary>
    /// <returns>What went wrong; null if the answer has a success status.</returns>
    public async Task<string?> SendAsync(HttpMethod method, Uri address, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body };
        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"it answered with status {(int)answer.StatusCode}");
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
