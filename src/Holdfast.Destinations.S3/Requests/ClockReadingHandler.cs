using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Reads the store's clock from each answer.</summary>
internal sealed class ClockReadingHandler(HttpMessageHandler inner, ServerClock clock) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.Headers.Date is { } date)
        {
            clock.Record(date);
        }
        return answer;
    }
}
