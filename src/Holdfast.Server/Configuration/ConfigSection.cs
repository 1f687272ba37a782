using System.Text.Json;

namespace Holdfast.Server.Configuration;

/// <summary>One object of the configuration file. It remembers which keys were asked for: the others are faults.</summary>
internal sealed class ConfigSection
{
    private readonly ConfigReading _reading;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Reads an object; null for one that is not there.</summary>
    public ConfigSection(ConfigReading reading, string path, JsonElement? element)
    {
        (_reading, _path) = (reading, path);
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
                reading.Report(Key(property.Name), "stands there twice.");
            }
        }
    }

    /// <summary>Whether the file has it.</summary>
    public bool Exists { get; }

    /// <summary>All its names.</summary>
    public IEnumerable<string> Names => _values.Keys;

    public string Key(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public ConfigSection Child(string name) => new(_reading, Key(name), Take(name));

    public IEnumerable<ConfigSection> Objects(string name) =>
        [.. List(name).Select((e, i) => new ConfigSection(_reading, $"{Key(name)}[{i}]", e))];

    public IReadOnlyList<string> Texts(string name)
    {
        var texts = new List<string>();
        foreach (var (i, element) in List(name).Index())
        {
            if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
            {
                texts.Add(text);
            }
            else
            {
                _reading.Report($"{Key(name)}[{i}]", "must be a text that is not empty.");
            }
        }

        return texts;
    }

    public string? Text(string name)
    {
        if (Variable(name) is { } variable)
        {
            return variable;
        }
        if (Take(name) is not { } element)
        {
            return null;
        }
        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
        {
            return text;
        }
        _reading.Report(Key(name), "must be a text that is not empty.");
        return null;
    }

    /// <summary>A text that has to be there; empty where it is not, which has been reported then.</summary>
    public string NeededText(string name)
    {
        var isThere = _values.ContainsKey(name) || Variable(name) is not null;
        if (!isThere)
        {
            _reading.Report(Key(name), "is missing.");
        }
        return Text(name) ?? "";
    }

    public T Choice<T>(string name, T fallback)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }
        if (text.All(char.IsAsciiLetter) && Enum.TryParse<T>(text, ignoreCase: true, out var value))
        {
            return value;
        }
        _reading.Report(Key(name), $"'{text}' must be one of: {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}.");
        return fallback;
    }

    public bool Flag(string name)
    {
        if (Take(name) is not { } element)
        {
            return false;
        }
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.ValueKind == JsonValueKind.True;
        }
        _reading.Report(Key(name), "must be true or false.");
        return false;
    }

    public int? Whole(string name, int least, int most) => (int?)Number(name, least, most, whole: true);

    public double? Number(string name, double least, double most, bool whole = false)
    {
        var key = Key(name);
        double? number;
        if (Variable(name) is { } text)
        {
            (key, number) = (ConfigReading.VariableName(key), ConfigReading.Parse(text));
        }
        else if (Take(name) is { } element)
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
        _reading.Report(key, $"must be a {(whole ? "whole " : "")}number from {least} to {most}.");
        return null;
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void End(params ReadOnlySpan<string> passedOver)
    {
        foreach (var name in _values.Keys)
        {
            if (!_known.Contains(name) && !passedOver.Contains(name))
            {
                _reading.Report(
                    Key(name),
                    _known.Count > 12 ? "is not a setting." : $"is not a setting. Known here: {string.Join(", ", _known)}."
                );
            }
        }
    }

    // Elements of a list have no variable of their own.
    private string? Variable(string name) =>
        _path.Contains('[', StringComparison.Ordinal) ? null : Taken(name, _reading.Variable(Key(name)));

    private string? Taken(string name, string? variable)
    {
        _known.Add(name);
        return variable;
    }

    private JsonElement? Take(string name)
    {
        _known.Add(name);
        return _values.TryGetValue(name, out var element) ? element : null;
    }

    private JsonElement[] List(string name)
    {
        if (Take(name) is not { } element)
        {
            return [];
        }
        if (element.ValueKind == JsonValueKind.Array)
        {
            return [.. element.EnumerateArray()];
        }
        _reading.Report(Key(name), "must be a list.");
        return [];
    }
}
