using Holdfast.Core.Tasks;

namespace Holdfast.Core.Settings;

/// <summary>What the sections of one configuration, or of one definition, share: the faults that were found in them.</summary>
/// <param name="folder">Folder that relative paths are relative to, absolute; null where paths are kept as they are.</param>
/// <param name="findVariable">The environment variable that overrides a key: its name and value; null where none is set.</param>
public sealed class SettingsContext(string? folder = null, Func<string, (string Name, string Value)?>? findVariable = null)
{
    private readonly List<ValidationError> _faults = [];

    /// <summary>Every fault, each with the key that it is about.</summary>
    public IReadOnlyList<ValidationError> Faults => _faults;

    /// <summary>Reports a fault.</summary>
    /// <param name="key">The key: <c>sources[1].path</c>.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="hint">What would be right; empty where the message says it.</param>
    public void Report(string key, string message, string hint = "") => _faults.Add(new(key, message, hint));

    /// <summary>A path relative to the configuration, made absolute.</summary>
    public string ToAbsolutePath(string path) =>
        folder is null || path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path, folder);

    internal (string Name, string Value)? FindVariable(string key) => findVariable?.Invoke(key);
}
