using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Copies memory that maps a file of others. Who shrinks the file takes the memory away, and reading it then would end
/// the process with SIGBUS; the
/// kernel, asked to copy it, says so.
/// </summary>
internal static unsafe partial class GuardedMemory
{
    private const int CloseOnExec = 0x80000;
    private const int FaultError = 14;
    private static readonly int Self = Environment.ProcessId;

    /// <summary>Copies from <paramref name="source"/>; false where it is not there any more.</summary>
    /// <param name="source">Where the mapping lies.</param>
    /// <param name="target">Takes the bytes, at most 32 KiB.</param>
    public static bool TryCopy(byte* source, Span<byte> target)
    {
        fixed (byte* bytes = target)
        {
            Part local = new() { Start = bytes, Length = (nuint)target.Length },
                remote = new() { Start = source, Length = (nuint)target.Length };
            var copied = process_vm_readv(Self, &local, 1, &remote, 1, 0);
            if (copied == target.Length)
            {
                return true;
            }
            if (copied >= 0 || Marshal.GetLastPInvokeError() == FaultError)
            {
                return false;
            }
            return TryCopyThroughPipe(source, bytes, target.Length); // a sandbox that forbids the call
        }
    }

    // A pipe holds 64 KiB, so that what was written can be read in one go. A write that meets the end of the file is short, or fails.
    private static bool TryCopyThroughPipe(byte* source, byte* target, int length)
    {
        var ends = stackalloc int[2];
        if (pipe2(ends, CloseOnExec) != 0)
        {
            return false;
        }
        var copied = write(ends[1], source, (nuint)length) == length && read(ends[0], target, (nuint)length) == length;
        _ = close(ends[0]);
        _ = close(ends[1]);
        return copied;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint process_vm_readv(int process, Part* local, nuint locals, Part* remote, nuint remotes, nuint flags);

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public byte* Start;
        public nuint Length;
    }
}
