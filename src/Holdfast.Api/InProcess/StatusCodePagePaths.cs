namespace Holdfast.Api.InProcess;

/// <summary>
/// Pages that a browser shows instead of a bare status code. A server without such pages answers browsers in the same
/// way as programs.
/// </summary>
/// <param name="NotFound">Page for addresses that do not exist.</param>
/// <param name="NotAllowed">Page for requests that the role does not allow.</param>
public sealed record StatusCodePagePaths(string NotFound, string NotAllowed);
