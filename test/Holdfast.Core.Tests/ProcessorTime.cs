using System.Globalization;

namespace Holdfast.Core.Tests;

/// <summary>Measures the CPU time of the current thread, so other load on the machine does not matter.</summary>
internal static class ProcessorTime
{
    /// <summary>Returns the CPU time that <paramref name="work"/> takes on this thread.</summary>
    public static TimeSpan Of(Action work)
    {
        var before = OfThread();
        work();
        return OfThread() - before;
    }

    // The first field of schedstat is the time on the CPU, in ns (proc(5)).
    private static TimeSpan OfThread() =>
        TimeSpan.FromMicroseconds(
            long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1_000
        );
}
