namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// Sends small content together with its request. The SDK lets all content wait for the store's "100 Continue", which costs a round trip,
/// and a second where a store never says it; that is worth it only for content that takes long to send in vain.
/// </summary>
internal sealed class SmallContentHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int SmallBytes = 256 << 10;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content?.Headers.ContentLength <= SmallBytes)
        {
            request.Headers.ExpectContinue = false;
        }
        return base.SendAsync(request, cancellationToken);
    }
}
