using System.IO.MemoryMappedFiles;

namespace Holdfast.EndToEnd.Faults;

/// <summary>
/// Injects faults of the file system and the clock into real processes: a small library that is loaded before libc
/// (<c>faults.c</c>), and a file that controls it at any time. Each process with its own faults needs its own instance.
/// </summary>
internal sealed class FaultShim : IDisposable
{
    /// <summary>Error numbers of Linux, on all processors that .NET supports.</summary>
    public const int InputOutputError = 5,
        NoSpace = 28,
        QuotaExceeded = 122;

    private const int Length = 32 * sizeof(long);
    private const int KindsAt = 0,
        FirstAt = 1,
        TimesAt = 2,
        ActionAt = 3,
        ErrorAt = 4,
        SeenAt = 5,
        HitAt = 6,
        FrozenAt = 7,
        ClockAt = 8,
        AllAt = 9,
        AsleepAt = 14;

    private static readonly Lazy<Task<(string? Path, string? Problem)>> Library = new(BuildAsync);

    private readonly string _control;
    private readonly string _library;
    private readonly string _under;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private FaultShim(string folder, string library, string under)
    {
        (_control, _library, _under) = ($"{folder}/faults-{Guid.NewGuid():n}", library, under);
        File.WriteAllBytes(_control, new byte[Length]);
        _file = MemoryMappedFile.CreateFromFile(_control, FileMode.Open, null, Length);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Number of calls with the fault.</summary>
    public long Hit => _view.ReadInt64(HitAt * sizeof(long));

    /// <summary>Number of calls that are blocked now.</summary>
    public long Frozen => _view.ReadInt64(FrozenAt * sizeof(long));

    /// <summary>How far the wall clock of the process is ahead, in whole seconds; negative for behind.</summary>
    public TimeSpan Ahead
    {
        get => TimeSpan.FromSeconds(_view.ReadInt64(ClockAt * sizeof(long)));
        set => Set(ClockAt, (long)value.TotalSeconds);
    }

    /// <summary>
    /// How long the machine has slept, in whole seconds: the monotonic clocks have advanced meanwhile. Never less than
    /// before.
    /// </summary>
    public TimeSpan Asleep
    {
        get => TimeSpan.FromSeconds(_view.ReadInt64(AsleepAt * sizeof(long)));
        set => Set(AsleepAt, (long)value.TotalSeconds);
    }

    /// <summary>The shell code that gives the program it becomes these faults.</summary>
    public string Export => $"export {string.Join(' ', Environment.Select(e => $"{e.Key}='{e.Value}'"))}";

    /// <summary>The environment of a process with these faults.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = _library,
            ["HOLDFAST_FAULTS"] = _control,
            ["HOLDFAST_FAULTS_UNDER"] = _under,
        };

    /// <summary>Creates an instance without a fault; skips the test if the library cannot be built.</summary>
    /// <param name="folder">Folder of the control file.</param>
    /// <param name="under">Prefix of the affected paths.</param>
    public static async Task<FaultShim> CreateAsync(string folder, string under)
    {
        var (library, problem) = await Library.Value;
        Assert.SkipWhen(library is null, $"faults cannot be injected here: {problem}");
        return new(folder, library!, under);
    }

    /// <summary>Sets a fault, and resets the count.</summary>
    /// <param name="calls">The kinds of calls that count.</param>
    /// <param name="action">The effect on the affected calls.</param>
    /// <param name="first">Number of the first affected call, from 1.</param>
    /// <param name="times">Number of affected calls.</param>
    /// <param name="error">Error number, for <see cref="FaultAction.Fail"/>.</param>
    public void Set(FaultCalls calls, FaultAction action, long first = 1, long times = long.MaxValue, int error = InputOutputError)
    {
        Clear();
        Set(FirstAt, first);
        Set(TimesAt, times);
        Set(ErrorAt, error);
        Set(ActionAt, (long)action);
        Set(KindsAt, (long)calls);
    }

    /// <summary>Clears the fault; blocked calls continue.</summary>
    public void Clear()
    {
        foreach (var at in (int[])[KindsAt, ActionAt, SeenAt, HitAt])
        {
            Set(at, 0);
        }
        for (var kind = 0; kind < 5; kind++)
        {
            Set(AllAt + kind, 0);
        }
    }

    /// <summary>Number of calls of one kind since the fault was set or cleared, affected or not.</summary>
    public long Count(FaultCalls kind) => _view.ReadInt64((AllAt + System.Numerics.BitOperations.Log2((uint)kind)) * sizeof(long));

    public void Dispose()
    {
        Clear();
        _view.Dispose();
        _file.Dispose();
        File.Delete(_control);
    }

    private void Set(int at, long value)
    {
        _view.Write(at * sizeof(long), value);
        Thread.MemoryBarrier(); // the kinds are written last, which activates the fault
    }

    private static async Task<(string? Path, string? Problem)> BuildAsync()
    {
        if (!OperatingSystem.IsLinux() || !Child.Has("gcc"))
        {
            return (null, "gcc is missing");
        }
        var path = Path.Combine(AppContext.BaseDirectory, "faults.so");
        var partial = $"{path}.{System.Environment.ProcessId}";
        var built = await Child.RunAsync(
            "gcc",
            [
                "-shared",
                "-fPIC",
                "-O1",
                "-Wall",
                "-Wextra",
                "-o",
                partial,
                Path.Combine(RepositoryRoot.Folder, "test", "Holdfast.EndToEnd", "Faults", "faults.c"),
                "-ldl",
            ]
        );
        if (built.ExitCode != 0)
        {
            return (null, built.Error);
        }
        File.Move(partial, path, overwrite: true);
        return (path, null);
    }
}
