namespace Holdfast.Api.Transport;

/// <summary>A request to the API.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path below <see cref="ApiRoutes.BasePath"/>, with its query; percent-encoded.</param>
public sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>The body, JSON in UTF-8; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>What must be true of the edited resource; null for nothing.</summary>
    public EditCondition? Condition { get; init; }

    /// <summary>Method and path, without the body: it may hold secrets.</summary>
    public override string ToString() => $"{Method} {Path}";
}
