using System.Diagnostics;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>A separate process that has a database open (<c>writer.py</c>).</summary>
internal sealed class OtherProcess : IDisposable
{
    private readonly Process _process;

    private OtherProcess(Process process) => _process = process;

    public static string Library => Path.Combine(AppContext.BaseDirectory, "libsqlite3mc.so");

    /// <summary>Starts it and waits until it has run its SQL.</summary>
    public static OtherProcess Start(string command, string path, string? key, params string[] sql)
    {
        var other = new OtherProcess(Run(command, path, key, sql));
        var line = other._process.StandardOutput.ReadLine();
        if (line != "ready")
        {
            Assert.Fail($"{line} {other._process.StandardError.ReadToEnd()}");
        }
        return other;
    }

    /// <summary>Starts it as a separate user, if this process is allowed to.</summary>
    public static OtherProcess StartAsOther(string command, string path, params string[] sql)
    {
        var other = new OtherProcess(Run(command, path, null, sql, MayBeOther));
        var line = other._process.StandardOutput.ReadLine();
        if (line != "ready")
        {
            Assert.Fail($"{line} {other._process.StandardError.ReadToEnd()}");
        }
        return other;
    }

    /// <summary>Lets other users write to a file or folder.</summary>
    public static void Open(string path) =>
        File.SetUnixFileMode(
            path,
            (UnixFileMode)0x1FF
                & ~(Directory.Exists(path) ? 0 : UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)
        );

    /// <summary>Runs one statement without waiting for locks; returns SQLite's result code.</summary>
    public static int Try(string path, string sql, string? key = null)
    {
        using var process = Run("try", path, key, [sql]);
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return int.Parse(line);
    }

    /// <summary>Stops it gracefully; returns the number of commits and the longest transaction in ms.</summary>
    public (int Commits, int WorstMilliseconds) Finish()
    {
        _process.StandardInput.Close();
        var words = _process.StandardOutput.ReadToEnd().Split();
        _process.WaitForExit();
        Assert.True(words.Length >= 2 && int.TryParse(words[0], out _), string.Join(' ', words));
        return (int.Parse(words[0]), int.Parse(words[1]));
    }

    /// <summary>Kills it, like a power failure of the application.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }

    private static bool MayBeOther { get; } =
        Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv") && File.Exists("/usr/bin/python3");

    private static Process Run(string command, string path, string? key, string[] sql, bool asOther = false)
    {
        string[] program = asOther
            ? ["setpriv", "--reuid", "61001", "--regid", "61001", "--clear-groups", "/usr/bin/python3"]
            : ["python3"];
        var start = new ProcessStartInfo(program[0], program[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "writer.py"), Library, path, key ?? "-", command, .. sql]
        )
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }
}
