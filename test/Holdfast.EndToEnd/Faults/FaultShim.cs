using System.IO.MemoryMappedFiles;

namespace Holdfast.EndToEnd.Faults;

/// <summary>
/// Faults of a file system and of the clock for real processes: a small library that is loaded before libc
/// (<c>faults.c</c>), and the file through
/// which it is told what to do, at any time. One for each process that is to have faults of its own.
/// </summary>
internal sealed class FaultShim : IDisposable
{
    /// <summary>Error numbers of Linux, on all processors that .NET runs on.</summary>
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

    /// <summary>How many calls had the fault.</summary>
    public long Hit => _view.ReadInt64(HitAt * sizeof(long));

    /// <summary>How many calls wait now.</summary>
    public long Frozen => _view.ReadInt64(FrozenAt * sizeof(long));

    /// <summary>How far the wall clock of the process is ahead, in whole seconds; below zero for behind.</summary>
    public TimeSpan Ahead
    {
        get => TimeSpan.FromSeconds(_view.ReadInt64(ClockAt * sizeof(long)));
        set => Set(ClockAt, (long)value.TotalSeconds);
    }

    /// <summary>
    /// How long the machine has slept, in whole seconds: clocks that nobody can set have gone on meanwhile. Never less
    /// than before.
    /// </summary>
    public TimeSpan Asleep
    {
        get => TimeSpan.FromSeconds(_view.ReadInt64(AsleepAt * sizeof(long)));
        set => Set(AsleepAt, (long)value.TotalSeconds);
    }

    /// <summary>What a shell does so that the program it becomes has these faults.</summary>
    public string Export => $"export {string.Join(' ', Environment.Select(e => $"{e.Key}='{e.Value}'"))}";

    /// <summary>The environment of a process that has these faults.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = _library,
            ["HOLDFAST_FAULTS"] = _control,
            ["HOLDFAST_FAULTS_UNDER"] = _under,
        };

    /// <summary>Makes one, without any fault yet; skips the test where the library cannot be built.</summary>
    /// <param name="folder">Where its file is made.</param>
    /// <param name="under">Beginning of the paths that are touched.</param>
    public static async Task<FaultShim> CreateAsync(string folder, string under)
    {
        var (library, problem) = await Library.Value;
        Assert.SkipWhen(library is null, $"faults cannot be injected here: {problem}");
        return new(folder, library!, under);
    }

    /// <summary>Sets a fault; counting begins anew.</summary>
    /// <param name="calls">Which calls count.</param>
    /// <param name="action">What happens to those that are meant.</param>
    /// <param name="first">The first one that is meant, from 1.</param>
    /// <param name="times">How many are meant.</param>
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

    /// <summary>Takes the fault away; what waits goes on.</summary>
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

    /// <summary>How many calls of one kind there were since the fault was set or taken away, with a fault or not.</summary>
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
        Thread.MemoryBarrier(); // the kinds are written last, and begin it
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
