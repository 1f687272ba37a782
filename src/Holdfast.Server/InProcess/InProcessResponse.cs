namespace Holdfast.Server.InProcess;

/// <summary>What the API answered.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">The body; empty for none.</param>
/// <param name="ETag">The revision of what was answered with; null for none.</param>
/// <param name="Cookies">Cookies that the browser is to be given, as headers have them.</param>
public sealed record InProcessResponse(int Status, ReadOnlyMemory<byte> Body, string? ETag, IReadOnlyList<string?> Cookies);
