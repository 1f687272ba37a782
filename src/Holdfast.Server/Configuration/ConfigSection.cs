using System.Text.Json;

namespace Holdfast.Server.Configuration;

/// <summary>One object of the configuration file. It remembers which keys were asked for: the others are faults.</summary>
internal sealed class ConfigSection
{
    private readonly ConfigReader _reader;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _readKeys = new(StringComparer.Ordinal);

    /// <summary>Reads an object; null for one that is not there.</summary>
    public ConfigSection(ConfigReader reading, string path, JsonElement? element)
    {
        (_reader, _path) = (reading, path);
        if (element is not { } value)
        {
            return;
        }
        if (value.ValueKind != JsonValueKind.Object)
        {
            reading.Report(path.Length == 0 ? "(file)" : path, "must be an object.");
            return;
        }

        Exists = true;
        foreach (var property in value.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value))
            {
                reading.Report(GetKeyPath(property.Name), "stands there twice.");
            }
        }
    }

    /// <summary>Whether the file has it.</summary>
    public bool Exists { get; }

    /// <summary>All its names.</summary>
    public IEnumerable<string> Names => _values.Keys;

    public string GetKeyPath(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public ConfigSection GetSection(string name) => new(_reader, GetKeyPath(name), FindElement(name));

    public IEnumerable<ConfigSection> GetSections(string name) =>
        [.. GetArray(name).Select((e, i) => new ConfigSection(_reader, $"{GetKeyPath(name)}[{i}]", e))];

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
                _reader.Report($"{GetKeyPath(name)}[{i}]", "must be a text that is not empty.");
            }
        }

        return texts;
    }

    public string? GetString(string name)
    {
        if (FindVariable(name) is { } variable)
        {
            return variable;
        }
        if (FindElement(name) is not { } element)
        {
            return null;
        }
        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
        {
            return text;
        }
        _reader.Report(GetKeyPath(name), "must be a text that is not empty.");
        return null;
    }

    /// <summary>A text that has to be there; empty where it is not, which has been reported then.</summary>
    public string GetRequiredString(string name)
    {
        var isThere = _values.ContainsKey(name) || FindVariable(name) is not null;
        if (!isThere)
        {
            _reader.Report(GetKeyPath(name), "is missing.");
        }
        return GetString(name) ?? "";
    }

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
        _reader.Report(
            GetKeyPath(name),
            $"'{text}' must be one of: {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}."
        );
        return fallback;
    }

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
        _reader.Report(GetKeyPath(name), "must be true or false.");
        return false;
    }

    public int? GetInteger(string name, int least, int most) => (int?)GetNumber(name, least, most, whole: true);

    public double? GetNumber(string name, double least, double most, bool whole = false)
    {
        var key = GetKeyPath(name);
        double? number;
        if (FindVariable(name) is { } text)
        {
            (key, number) = (ConfigReader.ToVariableName(key), ConfigReader.ParseNumber(text));
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
        _reader.Report(key, $"must be a {(whole ? "whole " : "")}number from {least} to {most}.");
        return null;
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void ReportUnknownKeys(params ReadOnlySpan<string> passedOver)
    {
        foreach (var name in _values.Keys)
        {
            if (!_readKeys.Contains(name) && !passedOver.Contains(name))
            {
                _reader.Report(
                    GetKeyPath(name),
                    _readKeys.Count > 12 ? "is not a setting." : $"is not a setting. Known here: {string.Join(", ", _readKeys)}."
                );
            }
        }
    }

    // Elements of a list have no variable of their own.
    private string? FindVariable(string name) =>
        _path.Contains('[', StringComparison.Ordinal) ? null : MarkRead(name, _reader.FindVariable(GetKeyPath(name)));

    private string? MarkRead(string name, string? variable)
    {
        _readKeys.Add(name);
        return variable;
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
        _reader.Report(GetKeyPath(name), "must be a list.");
        return [];
    }
}
