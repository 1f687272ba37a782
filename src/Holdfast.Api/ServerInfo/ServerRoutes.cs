namespace Holdfast.Api.ServerInfo;

/// <summary>Routes of the server itself.</summary>
public static class ServerRoutes
{
    /// <summary>The server.</summary>
    public const string Server = "/server";

    /// <summary>Confirms the clock after a jump.</summary>
    public const string ConfirmClock = "/server/clock/confirm";

    /// <summary>Copies the state.</summary>
    public const string StateCopies = "/server/state-copies";
}
