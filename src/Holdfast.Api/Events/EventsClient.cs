using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Holdfast.Api.Transport;

namespace Holdfast.Api.Events;

/// <summary>The stream of events.</summary>
public sealed class EventsClient
{
    private readonly ApiSender _api;

    internal EventsClient(ApiSender api) => _api = api;

    /// <summary>
    /// Reads events until the stream ends or is cancelled. Omits events of a kind that this version does not know.
    /// After a <c>reload</c> event, and after reconnecting, the caller must read everything again.
    /// </summary>
    public async IAsyncEnumerable<ServerEvent> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var response = await _api.OpenAsync(new(HttpMethod.Get, EventRoutes.Stream), cancellationToken);
        using var lines = new StreamReader(response.Body, Encoding.UTF8);
        var (name, data) = ("", "");
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = line["data: ".Length..]; // the server writes one line for each event
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                if (Parse(name, data) is { } parsed)
                {
                    yield return parsed;
                }
                (name, data) = ("", "");
            }
        }
    }

    private static ServerEvent? Parse(string name, string data)
    {
        var value = name switch
        {
            "operation" => (object?)JsonSerializer.Deserialize(data, ApiJsonContext.Default.Operation),
            "alert" => JsonSerializer.Deserialize(data, ApiJsonContext.Default.AlertEvent),
            "databases" or "tasks" or "destinations" or "sources" => JsonSerializer.Deserialize(data, ApiJsonContext.Default.ChangedEvent),
            "reload" => new object(),
            _ => null,
        };
        return value is null ? null : new(name, value);
    }
}
