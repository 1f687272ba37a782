namespace Holdfast.Api.ServerInfo;

/// <summary>A copy of the state of the server.</summary>
/// <param name="Path">Folder of the copy on the server.</param>
public sealed record StateCopyView(string Path);
