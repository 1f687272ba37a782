namespace Holdfast.Api.ServerInfo;

/// <summary>A copy of the server's state that was made.</summary>
/// <param name="Path">The folder that it lies in, on the server.</param>
public sealed record StateCopyView(string Path);
