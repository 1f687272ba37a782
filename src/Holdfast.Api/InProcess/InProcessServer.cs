namespace Holdfast.Api.InProcess;

/// <summary>The server that the pages in this process belong to.</summary>
/// <param name="Version">Version of the server.</param>
/// <param name="SessionLength">How long a user's session lasts after its last request.</param>
public sealed record InProcessServer(string Version, TimeSpan SessionLength);
