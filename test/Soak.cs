namespace Holdfast.Testing;

/// <summary>A short slice runs by default; HOLDFAST_SOAK=1 asks for the long run. Compiled into each test project.</summary>
internal static class Soak
{
    /// <summary>Whether the long run was asked for.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("HOLDFAST_SOAK") is { Length: > 0 } and not "0";
}
