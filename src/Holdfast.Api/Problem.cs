using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Core.Tasks;

namespace Holdfast.Api;

/// <summary>What the API answers a failed request with: problem details (RFC 9457) with members of its own.</summary>
public sealed record Problem
{
    /// <summary>Media type of a problem.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Name of <see cref="Code"/>.</summary>
    public const string CodeMember = "code";

    /// <summary>Name of <see cref="Hint"/>.</summary>
    public const string HintMember = "hint";

    /// <summary>Name of <see cref="Errors"/>.</summary>
    public const string ErrorsMember = "errors";

    /// <summary>Name of <see cref="Current"/>.</summary>
    public const string CurrentMember = "current";

    /// <summary>Name of <see cref="ETag"/>.</summary>
    public const string ETagMember = "etag";

    /// <summary>Name of <see cref="TraceId"/>.</summary>
    public const string TraceIdMember = "traceId";

    /// <summary>HTTP status code.</summary>
    public int? Status { get; init; }

    /// <summary>The reason phrase of the status.</summary>
    public string? Title { get; init; }

    /// <summary>What went wrong, with the values concerned.</summary>
    public string? Detail { get; init; }

    /// <summary>Path of the request.</summary>
    public string? Instance { get; init; }

    /// <summary>What kind of failure it is: a code of <see cref="Core.Errors.ErrorCatalogue"/>.</summary>
    [JsonPropertyName(CodeMember)]
    public string? Code { get; init; }

    /// <summary>What to do about it; null for nothing in particular.</summary>
    [JsonPropertyName(HintMember)]
    public string? Hint { get; init; }

    /// <summary>What is wrong with each field of the request; null where it is not about fields.</summary>
    [JsonPropertyName(ErrorsMember)]
    public IReadOnlyList<ValidationError>? Errors { get; init; }

    /// <summary>
    /// After an edit whose <see cref="EditCondition"/> does not hold: the resource as it is now; null where it does not
    /// exist.
    /// </summary>
    [JsonPropertyName(CurrentMember)]
    public JsonElement? Current { get; init; }

    /// <summary>The revision of <see cref="Current"/>; null as there.</summary>
    [JsonPropertyName(ETagMember)]
    public string? ETag { get; init; }

    /// <summary>Identifies the request in the server's log.</summary>
    [JsonPropertyName(TraceIdMember)]
    public string? TraceId { get; init; }
}
