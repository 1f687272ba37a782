namespace Holdfast.RoundTrip.Tests;

/// <summary>A short slice runs by default; HOLDFAST_SOAK=1 asks for the long run.</summary>
internal static class Soak
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("HOLDFAST_SOAK") is { Length: > 0 } and not "0";
}
