using System.Globalization;

namespace Holdfast.EndToEnd.Attackers;

/// <summary>The reader processes of a program, as another user of the machine sees them.</summary>
internal static class ReaderChildren
{
    /// <summary>The reader processes of a process.</summary>
    public static List<int> Of(int parent) =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id != 0 && ParentOf(id) == parent && Text(id, "cmdline").Contains("read-sqlite", StringComparison.Ordinal)),
        ];

    /// <summary>Content of a file of a process in <c>/proc</c>; empty if the process has ended.</summary>
    public static string Text(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Whether a process has a file open.</summary>
    /// <param name="process">The process.</param>
    /// <param name="path">The file.</param>
    /// <param name="toWrite">Whether to count only handles that can write.</param>
    public static bool HasOpen(int process, string path, bool toWrite = false)
    {
        try
        {
            return Directory
                .EnumerateFileSystemEntries($"/proc/{process}/fd")
                .Any(fd =>
                    new FileInfo(fd).LinkTarget == path
                    && (
                        !toWrite
                        || Text(process, $"fdinfo/{Path.GetFileName(fd)}")
                            .Split('\n')
                            .Any(l => l.StartsWith("flags:", StringComparison.Ordinal) && l.EndsWith('2'))
                    )
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Peak resident memory of a process, in bytes; 0 if it has ended.</summary>
    public static long PeakResidentBytes(int process) =>
        Text(process, "status").Split('\n').FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024
            : 0;

    private static int ParentOf(int process) =>
        Text(process, "stat") is { Length: > 0 } stat
            ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)
            : 0;
}
