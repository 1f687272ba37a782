namespace Holdfast.EndToEnd.Faults;

/// <summary>What happens to a call; as in <c>faults.c</c>.</summary>
internal enum FaultAction
{
    /// <summary>Nothing; the calls are only counted.</summary>
    None = 0,

    /// <summary>It fails with an error number.</summary>
    Fail = 1,

    /// <summary>The process is killed at once.</summary>
    Kill = 2,

    /// <summary>It waits until the fault is taken away, then goes on.</summary>
    Freeze = 3,
}
