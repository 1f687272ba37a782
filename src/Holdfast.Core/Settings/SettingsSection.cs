using System.Globalization;
using System.Text.Json;

namespace Holdfast.Core.Settings;

/// <summary>
/// One object of settings: a section of the configuration file, or a definition that came over the API. Reading a key
/// never throws: what is wrong is reported, so that all faults are found in one pass. Keys that nobody read are unknown.
/// </summary>
public sealed class SettingsSection
{
    private readonly SettingsContext _context;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _readKeys = new(StringComparer.Ordinal);

    /// <summary>Wraps an object.</summary>
    /// <param name="context">Takes its faults.</param>
    /// <param name="path">Its key; empty for the outermost object.</param>
    /// <param name="element">The object; null for one that is missing.</param>
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

    /// <summary>Whether the object is there.</summary>
    public bool Exists { get; }

    /// <summary>All its names.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>The whole key of one of its names.</summary>
    public string GetKeyPath(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Whether a name is there, in the object or as a variable.</summary>
    public bool Has(string name) => _values.ContainsKey(name) || FindVariable(name) is not null;

    /// <summary>Reports a fault of one of its names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="hint">What would be right; empty where the message says it.</param>
    public void Report(string name, string message, string hint = "") => _context.Report(GetKeyPath(name), message, hint);

    /// <summary>An object in it.</summary>
    public SettingsSection GetSection(string name) => new(_context, GetKeyPath(name), FindElement(name));

    /// <summary>A list of objects.</summary>
    public IEnumerable<SettingsSection> GetSections(string name) =>
        [.. GetArray(name).Select((e, i) => new SettingsSection(_context, $"{GetKeyPath(name)}[{i}]", e))];

    /// <summary>A list of texts; empty where it is missing.</summary>
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

    /// <summary>A text; null where it is missing.</summary>
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

    /// <summary>An absolute path; null where it is missing.</summary>
    public string? GetPath(string name) => GetString(name) is { } path ? _context.ToAbsolutePath(path) : null;

    /// <summary>A list of absolute paths; empty where it is missing.</summary>
    public IReadOnlyList<string> GetPaths(string name) => [.. GetStrings(name).Select(_context.ToAbsolutePath)];

    /// <summary>A path that has to be there; empty where it is missing, which is reported.</summary>
    public string GetRequiredPath(string name) => _context.ToAbsolutePath(GetRequiredString(name));

    /// <summary>A text that has to be there; empty where it is missing, which is reported.</summary>
    public string GetRequiredString(string name)
    {
        if (!Has(name))
        {
            _context.Report(GetKeyPath(name), "is missing.");
        }
        return GetString(name) ?? "";
    }

    /// <summary>A value of an enumeration, in any case of letters.</summary>
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

    /// <summary>Whether a flag is set; false where it is missing.</summary>
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

    /// <summary>A whole number within a range; null where it is missing.</summary>
    public int? GetInteger(string name, int least, int most) => (int?)GetNumber(name, least, most, whole: true);

    /// <summary>A number within a range; null where it is missing.</summary>
    public double? GetNumber(string name, double least, double most, bool whole = false)
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
        if (number >= least && number <= most && (!whole || number == Math.Floor(number.Value)))
        {
            return number;
        }
        _context.Report(key, $"must be a {(whole ? "whole " : "")}number from {least} to {most}.");
        return null;
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void ReportUnknownKeys(params ReadOnlySpan<string> passedOver)
    {
        foreach (var name in _values.Keys)
        {
            if (!_readKeys.Contains(name) && !passedOver.Contains(name))
            {
                _context.Report(
                    GetKeyPath(name),
                    _readKeys.Count > 12 ? "is not a setting." : $"is not a setting. Known here: {string.Join(", ", _readKeys)}."
                );
            }
        }
    }

    private static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    // Elements of a list have no variable of their own.
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
