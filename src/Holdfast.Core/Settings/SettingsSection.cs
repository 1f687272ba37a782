using System.Globalization;
using System.Text.Json;

namespace Holdfast.Core.Settings;

/// <summary>
/// One object of settings: a section of the configuration file, or a definition from the API. Reading a key never throws: errors are
/// reported, so that all are found in one pass. Keys that are not read are unknown.
/// </summary>
public sealed class SettingsSection
{
    private readonly SettingsContext _context;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _readKeys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _oldKeys = new(StringComparer.Ordinal);

    /// <summary>Wraps an object.</summary>
    /// <param name="context">Collects the errors.</param>
    /// <param name="path">Its key; empty for the root object.</param>
    /// <param name="element">The object; null if it is missing.</param>
    public SettingsSection(SettingsContext context, string path, JsonElement? element)
    {
        (_context, _path) = (context, path);
        if (element is not { } value)
        {
            return;
        }
        if (value.ValueKind != JsonValueKind.Object)
        {
            _context.Report(path.Length == 0 ? "(file)" : path, "must be an object.");
            return;
        }

        Exists = true;
        foreach (var property in value.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value))
            {
                _context.Report(GetKeyPath(property.Name), "stands there twice.");
            }
        }
    }

    /// <summary>Whether the object exists.</summary>
    public bool Exists { get; }

    /// <summary>Number of errors so far, in all sections.</summary>
    public int ErrorCount => _context.Errors.Count;

    /// <summary>All property names.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>Returns the full key of a property.</summary>
    public string GetKeyPath(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Whether a property exists, in the object or as an environment variable.</summary>
    public bool Has(string name) => _values.ContainsKey(name) || FindVariable(name) is not null;

    /// <summary>Reports an error of a property.</summary>
    /// <param name="name">The name.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="hint">What would be valid; empty if the message states it.</param>
    public void Report(string name, string message, string hint = "") => _context.Report(GetKeyPath(name), message, hint);

    /// <summary>Reports a deprecated property that is still valid.</summary>
    /// <param name="name">The name.</param>
    /// <param name="message">What should be changed.</param>
    public void Warn(string name, string message) => _context.Warn(GetKeyPath(name), message);

    /// <summary>Returns a nested object.</summary>
    public SettingsSection GetSection(string name) => new(_context, GetKeyPath(name), FindElement(name));

    /// <summary>Returns a list of objects.</summary>
    public IEnumerable<SettingsSection> GetSections(string name) =>
        [.. GetArray(name).Select((e, i) => new SettingsSection(_context, $"{GetKeyPath(name)}[{i}]", e))];

    /// <summary>Returns a list of strings; empty if missing.</summary>
    public IReadOnlyList<string> GetStrings(string name)
    {
        var texts = new List<string>();
        foreach (var (i, element) in GetArray(name).Index())
        {
            if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
            {
                texts.Add(text);
            }
            else
            {
                _context.Report($"{GetKeyPath(name)}[{i}]", "must be a text that is not empty.");
            }
        }

        return texts;
    }

    /// <summary>Returns a string; null if missing.</summary>
    public string? GetString(string name)
    {
        if (FindVariable(name) is { } variable)
        {
            return variable.Value;
        }
        if (FindElement(name) is not { } element)
        {
            return null;
        }
        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
        {
            return text;
        }
        _context.Report(GetKeyPath(name), "must be a text that is not empty.");
        return null;
    }

    /// <summary>Returns an absolute path; null if missing.</summary>
    public string? GetPath(string name) => GetString(name) is { } path ? _context.ToAbsolutePath(path) : null;

    /// <summary>Returns a list of absolute paths; empty if missing.</summary>
    public IReadOnlyList<string> GetPaths(string name) => [.. GetStrings(name).Select(_context.ToAbsolutePath)];

    /// <summary>Returns a required path; reports an error and returns an empty path if missing.</summary>
    public string GetRequiredPath(string name) => _context.ToAbsolutePath(GetRequiredString(name));

    /// <summary>Returns a required string; reports an error and returns an empty string if missing.</summary>
    public string GetRequiredString(string name)
    {
        if (!Has(name))
        {
            _context.Report(GetKeyPath(name), "is missing.");
        }
        return GetString(name) ?? "";
    }

    /// <summary>Returns a value of an enumeration, case-insensitive.</summary>
    public T GetEnum<T>(string name, T fallback)
        where T : struct, Enum
    {
        if (GetString(name) is not { } text)
        {
            return fallback;
        }
        if (text.All(char.IsAsciiLetter) && Enum.TryParse<T>(text, ignoreCase: true, out var value))
        {
            return value;
        }
        _context.Report(
            GetKeyPath(name),
            $"'{text}' must be one of: {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}."
        );
        return fallback;
    }

    /// <summary>Returns a flag; false if missing.</summary>
    public bool GetBoolean(string name)
    {
        if (FindElement(name) is not { } element)
        {
            return false;
        }
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.ValueKind == JsonValueKind.True;
        }
        _context.Report(GetKeyPath(name), "must be true or false.");
        return false;
    }

    /// <summary>Returns an integer within a range; null if missing.</summary>
    public int? GetInteger(string name, int min, int max) => (int?)GetNumber(name, min, max, whole: true);

    /// <summary>
    /// Returns an integer within a range whose property was renamed. The old name is read with a warning; giving both names
    /// is an error.
    /// </summary>
    public int? GetRenamedInteger(string name, string oldName, int min, int max)
    {
        var number = GetInteger(name, min, max);
        _oldKeys.Add(oldName);
        if (!Has(oldName))
        {
            return number;
        }
        var key = FindVariable(oldName)?.Name ?? GetKeyPath(oldName);
        if (Has(name))
        {
            _context.Report(key, $"is the old name of {GetKeyPath(name)}, which is given too. Leave it out.");
            return number;
        }
        _context.Warn(key, $"is deprecated: it is called {GetKeyPath(name)} now.");
        return GetInteger(oldName, min, max);
    }

    /// <summary>Returns a number within a range; null if missing.</summary>
    public double? GetNumber(string name, double min, double max, bool whole = false)
    {
        var key = GetKeyPath(name);
        double? number;
        if (FindVariable(name) is { } variable)
        {
            (key, number) = (variable.Name, ParseNumber(variable.Value));
        }
        else if (FindElement(name) is { } element)
        {
            number = element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) ? value : null;
        }
        else
        {
            return null;
        }
        if (number >= min && number <= max && (!whole || number == Math.Floor(number.Value)))
        {
            return number;
        }
        _context.Report(key, $"must be a {(whole ? "whole " : "")}number from {min} to {max}.");
        return null;
    }

    /// <summary>Reports every key that has not been read.</summary>
    public void ReportUnknownKeys(params ReadOnlySpan<string> passedOver)
    {
        foreach (var name in _values.Keys)
        {
            if (!_readKeys.Contains(name) && !passedOver.Contains(name))
            {
                _context.Report(
                    GetKeyPath(name),
                    _readKeys.Count is 0 or > 12
                        ? "is not a setting."
                        : $"is not a setting. Known here: {string.Join(", ", _readKeys.Where(k => !_oldKeys.Contains(k)))}."
                );
            }
        }
    }

    private static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    // List elements have no environment variables.
    private (string Name, string Value)? FindVariable(string name)
    {
        _readKeys.Add(name);
        return _path.Contains('[', StringComparison.Ordinal) ? null : _context.FindVariable(GetKeyPath(name));
    }

    private JsonElement? FindElement(string name)
    {
        _readKeys.Add(name);
        return _values.TryGetValue(name, out var element) ? element : null;
    }

    private JsonElement[] GetArray(string name)
    {
        if (FindElement(name) is not { } element)
        {
            return [];
        }
        if (element.ValueKind == JsonValueKind.Array)
        {
            return [.. element.EnumerateArray()];
        }
        _context.Report(GetKeyPath(name), "must be a list.");
        return [];
    }
}
