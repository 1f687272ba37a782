using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Core.Tasks;

namespace Holdfast.Api;

/// <summary>The answer to a request that failed: problem details (RFC 9457) with additional members.</summary>
public sealed record Problem
{
    /// <summary>Media type of problem details.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>JSON name of <see cref="Code"/>.</summary>
    public const string CodeMember = "code";

    /// <summary>JSON name of <see cref="Hint"/>.</summary>
    public const string HintMember = "hint";

    /// <summary>JSON name of <see cref="Errors"/>.</summary>
    public const string ErrorsMember = "errors";

    /// <summary>JSON name of <see cref="Current"/>.</summary>
    public const string CurrentMember = "current";

    /// <summary>JSON name of <see cref="ETag"/>.</summary>
    public const string ETagMember = "etag";

    /// <summary>JSON name of <see cref="TraceId"/>.</summary>
    public const string TraceIdMember = "traceId";

    /// <summary>HTTP status code.</summary>
    public int? Status { get; init; }

    /// <summary>The reason phrase of the status.</summary>
    public string? Title { get; init; }

    /// <summary>What went wrong, with the values involved.</summary>
    public string? Detail { get; init; }

    /// <summary>Path of the request.</summary>
    public string? Instance { get; init; }

    /// <summary>The kind of failure: a code of <see cref="Core.Errors.ErrorCatalog"/>.</summary>
    [JsonPropertyName(CodeMember)]
    public string? Code { get; init; }

    /// <summary>What to do next; null if there is no advice.</summary>
    [JsonPropertyName(HintMember)]
    public string? Hint { get; init; }

    /// <summary>The errors in fields of the request; null if the failure is not about fields.</summary>
    [JsonPropertyName(ErrorsMember)]
    public IReadOnlyList<ValidationError>? Errors { get; init; }

    /// <summary>
    /// After an edit whose <see cref="EditCondition"/> was not met: the current state of the resource; null if it does
    /// not exist.
    /// </summary>
    [JsonPropertyName(CurrentMember)]
    public JsonElement? Current { get; init; }

    /// <summary>Revision of <see cref="Current"/>; null if the resource does not exist.</summary>
    [JsonPropertyName(ETagMember)]
    public string? ETag { get; init; }

    /// <summary>Identifies the request in the server's log.</summary>
    [JsonPropertyName(TraceIdMember)]
    public string? TraceId { get; init; }
}
