namespace Holdfast.Api.Transport;

/// <summary>A request to the API.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path relative to <see cref="ApiRoutes.BasePath"/>, with query; percent-encoded.</param>
public sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>The body, JSON in UTF-8; null if there is none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Precondition of an edit; null if there is none.</summary>
    public EditCondition? Condition { get; init; }

    /// <summary>Returns method and path without the body, which can contain secrets.</summary>
    public override string ToString() => $"{Method} {Path}";
}
