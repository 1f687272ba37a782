namespace Holdfast.EndToEnd.Faults;

/// <summary>The effect on a call, as in <c>faults.c</c>.</summary>
internal enum FaultAction
{
    /// <summary>No effect; calls are only counted.</summary>
    None = 0,

    /// <summary>The call fails with an error number.</summary>
    Fail = 1,

    /// <summary>The process is killed at once.</summary>
    Kill = 2,

    /// <summary>The call blocks until the fault is cleared, then continues.</summary>
    Freeze = 3,
}
