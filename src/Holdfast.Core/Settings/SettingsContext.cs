using Holdfast.Core.Tasks;

namespace Holdfast.Core.Settings;

/// <summary>State shared by all sections of one configuration or definition: the errors found in them.</summary>
/// <param name="folder">Absolute base folder of relative paths; null to keep paths unchanged.</param>
/// <param name="findVariable">Finds the environment variable that overrides a key; null if none is set.</param>
public sealed class SettingsContext(string? folder = null, Func<string, (string Name, string Value)?>? findVariable = null)
{
    private readonly List<ValidationError> _errors = [];
    private readonly List<string> _warnings = [];

    /// <summary>All errors, each with its key.</summary>
    public IReadOnlyList<ValidationError> Errors => _errors;

    /// <summary>Deprecated settings that are still valid, as sentences that begin with the key.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reports a deprecated setting.</summary>
    /// <param name="key">The key.</param>
    /// <param name="message">What should be changed.</param>
    public void Warn(string key, string message) => _warnings.Add($"{key} {message}");

    /// <summary>Reports an error.</summary>
    /// <param name="key">The key: <c>sources[1].path</c>.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="hint">What would be valid; empty if the message states it.</param>
    public void Report(string key, string message, string hint = "") => _errors.Add(new(key, message, hint));

    /// <summary>Converts a path relative to the configuration to an absolute path.</summary>
    public string ToAbsolutePath(string path) =>
        folder is null || path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path, folder);

    internal (string Name, string Value)? FindVariable(string key) => findVariable?.Invoke(key);
}
