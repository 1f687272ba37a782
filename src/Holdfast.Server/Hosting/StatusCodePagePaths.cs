namespace Holdfast.Server.Hosting;

/// <summary>Pages that people are shown instead of a bare status. A server without such pages answers them as it does programs.</summary>
/// <param name="NotFound">Path of the page for an address that leads nowhere.</param>
/// <param name="NotAllowed">Path of the page for what the role does not allow.</param>
public sealed record StatusCodePagePaths(string NotFound, string NotAllowed);
