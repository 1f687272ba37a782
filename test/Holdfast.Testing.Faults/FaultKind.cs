namespace Holdfast.Testing.Faults;

/// <summary>What happens to a call.</summary>
public enum FaultKind
{
    /// <summary>It fails with an error that its contract names.</summary>
    Known,

    /// <summary>It fails with something that its contract does not name.</summary>
    Strange,

    /// <summary>It reports a cancellation that nobody requested.</summary>
    CancelledByItself,

    /// <summary>It does not return, whatever its token says, until <see cref="FaultSwitch.Clear"/>.</summary>
    Hang,

    /// <summary>It returns, up to ten minutes late.</summary>
    Late,
}
