namespace Holdfast.Server.Alerts;

/// <summary>How calls to an address outside stand.</summary>
/// <param name="isConfigured">Whether there is such an address.</param>
public sealed class Delivery(bool isConfigured)
{
    /// <summary>Whether there is such an address.</summary>
    public bool IsConfigured => isConfigured;

    /// <summary>When a call was taken last, since the server was started; null for never.</summary>
    public DateTimeOffset? LastTaken { get; private set; }

    /// <summary>Why the last call failed; null where it did not.</summary>
    public string? Problem { get; private set; }

    internal void Taken(DateTimeOffset at) => (LastTaken, Problem) = (at, null);

    internal void Failed(string problem) => Problem = problem;
}
