namespace Holdfast.Testing.Faults;

/// <summary>What can happen to a call.</summary>
public enum FaultKind
{
    /// <summary>It fails with an error that its contract names.</summary>
    Known,

    /// <summary>It fails with something that its contract does not name.</summary>
    Strange,

    /// <summary>It says that it was cancelled, though nobody cancelled it.</summary>
    CancelledByItself,

    /// <summary>It does not return, whatever its token says, until <see cref="FaultSwitch.Clear"/>.</summary>
    Hang,

    /// <summary>It returns, up to ten minutes late.</summary>
    Late,
}
