namespace Holdfast.Server.InProcess;

/// <summary>An answer of the API.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">The body; empty if there is none.</param>
/// <param name="ETag">Revision of the returned resource; null if there is none.</param>
/// <param name="Cookies">Values of the <c>Set-Cookie</c> headers for the browser.</param>
public sealed record InProcessResponse(int Status, ReadOnlyMemory<byte> Body, string? ETag, IReadOnlyList<string?> Cookies);
