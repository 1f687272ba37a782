using System.Runtime.InteropServices;

namespace Holdfast.Testing.Etcd;

/// <summary>A member of a test cluster, as a process.</summary>
public sealed partial class EtcdMember
{
    private const int Continue = 18,
        Stop = 19; // of Linux

    private ChildProcess? _process;

    internal EtcdMember(string name, string folder, Uri address, Uri peerAddress)
    {
        (Name, Folder, Address, PeerAddress) = (name, folder, address, peerAddress);
        Directory.CreateDirectory(folder);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its address, for clients.</summary>
    public Uri Address { get; }

    /// <summary>Its address, for the other members.</summary>
    public Uri PeerAddress { get; }

    /// <summary>Whether it was started and not killed.</summary>
    public bool IsRunning => _process is not null;

    internal string DataFolder => Path.Combine(Folder, "data");

    private string Folder { get; }

    private string Log => Path.Combine(Folder, "log");

    /// <summary>Kills it at once; it can be started again with its data.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
        {
            return;
        }
        _process = null;
        await process.KillAsync();
    }

    /// <summary>Suspends it: its connections stay, but nothing answers.</summary>
    public void Suspend() => Signal(Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => Signal(Continue);

    /// <summary>The end of its log.</summary>
    public string ReadLog() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(20)) : "";

    internal void Start(IReadOnlyList<string> arguments) => _process = new("etcd", arguments, Log);

    private void Signal(int signal)
    {
        if (Kill(_process!.Id, signal) != 0)
        {
            throw new InvalidOperationException($"{Name} cannot be signalled: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
