using System.Runtime.InteropServices;

namespace Holdfast.Node.Retention;

/// <summary>The boot clock of Linux: <c>CLOCK_BOOTTIME</c> and the kernel's boot id.</summary>
public sealed partial class SystemBootClock : IBootClock
{
    private const int BootTime = 7;

    /// <inheritdoc/>
    public string BootId { get; } = ReadBoot();

    /// <inheritdoc/>
    public unsafe TimeSpan Uptime
    {
        get
        {
            var time = stackalloc nint[2]; // seconds, nanoseconds
            if (clock_gettime(BootTime, time) != 0)
            {
                throw new PlatformNotSupportedException($"CLOCK_BOOTTIME: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }
            return TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / 100);
        }
    }

    // Without a boot id, each start of the server counts as a boot: time off then counts as one day at most, which errs on the side
    // of keeping.
    private static string ReadBoot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guid.NewGuid().ToString();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int clock_gettime(int clock, nint* time);
}
