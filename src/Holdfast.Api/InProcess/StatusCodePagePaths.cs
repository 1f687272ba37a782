namespace Holdfast.Api.InProcess;

/// <summary>
/// Pages that a browser shows instead of a bare status. A server without such pages answers browsers as it does
/// programs.
/// </summary>
/// <param name="NotFound">Path of the page for an address that does not exist.</param>
/// <param name="NotAllowed">Path of the page for a request that the role does not allow.</param>
public sealed record StatusCodePagePaths(string NotFound, string NotAllowed);
