using System.Globalization;

namespace Holdfast.Core.Tests;

/// <summary>How long this thread has worked: what else a machine has to do does not count.</summary>
internal static class ProcessorTime
{
    /// <summary>What work takes on this thread.</summary>
    public static TimeSpan Of(Action work)
    {
        var before = OfThread();
        work();
        return OfThread() - before;
    }

    // The first figure of schedstat is the time on a processor, in ns (proc(5)).
    private static TimeSpan OfThread() =>
        TimeSpan.FromMicroseconds(
            long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1_000
        );
}
