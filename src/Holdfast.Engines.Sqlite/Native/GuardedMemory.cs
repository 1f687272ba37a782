using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Copies memory that maps a file of others. If the file is shrunk, reading the mapping would end the process with
/// SIGBUS; a copy made by the kernel reports an error instead.
/// </summary>
internal static unsafe partial class GuardedMemory
{
    private const int CloseOnExec = 0x80000;
    private const int FaultError = 14;
    private static readonly int Self = Environment.ProcessId;

    /// <summary>Copies from <paramref name="source"/>; returns false if the memory is no longer mapped to a file.</summary>
    /// <param name="source">Address in the mapping.</param>
    /// <param name="target">Receives the bytes, at most 32 KiB.</param>
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
            return TryCopyThroughPipe(source, bytes, target.Length); // a sandbox forbids the call
        }
    }

    // A pipe buffers 64 KiB, so all that was written can be read in one call. A write from memory beyond the end of the
    // file is short or fails.
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
