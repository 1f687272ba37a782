using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Core.Kinds;

namespace Holdfast.Studio.Kinds;

/// <summary>The values of a form that a kind describes: the text of each field, and the definition that they make.</summary>
public sealed class KindFormValues
{
    private readonly Dictionary<FormField, string> _values = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<FormField> _storedSecrets = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, IReadOnlyList<string>> _otherOptions = new(StringComparer.Ordinal);

    /// <summary>Creates the values of a new definition: the defaults.</summary>
    public KindFormValues(FormDescription form)
    {
        Form = form;
        foreach (var field in form.Fields)
        {
            _values[field] = field.Default ?? "";
        }
    }

    /// <summary>The form.</summary>
    public FormDescription Form { get; }

    /// <summary>
    /// The text of a field; empty if it is not filled in. A list has one entry per line, a boolean is <c>true</c>, <c>false</c> or empty.
    /// </summary>
    public string this[FormField field]
    {
        get => _values[field];
        set => _values[field] = value;
    }

    /// <summary>Reads the values of an existing definition. Secrets are not among them.</summary>
    public static KindFormValues From(FormDescription form, JsonObject definition)
    {
        var values = new KindFormValues(form);
        foreach (var field in form.Fields)
        {
            values.Read(field, definition);
        }
        return values;
    }

    /// <summary>Whether the server has a secret for a field: left empty, it is kept.</summary>
    public bool HasStoredSecret(FormField field) => _storedSecrets.Contains(field);

    /// <summary>Whether a field is shown and sent now.</summary>
    public bool IsVisible(FormField field) =>
        field.Condition is not { } condition
        || (
            Form.Fields.FirstOrDefault(f => f.Name == condition.Field) is { } other
            && IsVisible(other)
            && (condition.Value is { } value ? this[other] == value : !string.IsNullOrWhiteSpace(this[other]))
        );

    /// <summary>Whether errors of the field's member are shown at this field: the first one, if several fields enter parts of it.</summary>
    public bool ShowsErrors(FormField field) => ReferenceEquals(Form.Fields.First(f => f.Name == field.Name), field);

    /// <summary>Whether a field differs from its default.</summary>
    public bool IsChanged(FormField field) => this[field].Trim() != (field.Default ?? "");

    /// <summary>Forgets the secrets that were entered.</summary>
    public void ClearSecrets()
    {
        foreach (var field in Form.Fields.Where(f => f.Type == FormFieldType.Secret))
        {
            this[field] = "";
        }
    }

    /// <summary>
    /// Creates the definition for the API. Fields that are empty or not visible are left out; the server reports those that it needs.
    /// </summary>
    public JsonObject ToDefinition()
    {
        var definition = new JsonObject();
        foreach (var fields in Form.Fields.Where(IsVisible).GroupBy(f => f.Name, StringComparer.Ordinal))
        {
            var value = fields.First().UrlPart is null ? ToJson(fields.First()) : ComposeUrl([.. fields]);
            if (value is not null)
            {
                var (parent, member) = Locate(definition, fields.Key, create: true);
                parent![member] = value;
            }
        }
        return definition;
    }

    private static (JsonObject? Parent, string Member) Locate(JsonObject definition, string name, bool create = false)
    {
        var path = name.Split('.');
        var parent = definition;
        foreach (var member in path.SkipLast(1))
        {
            if (create && parent![member] is null)
            {
                parent[member] = new JsonObject();
            }
            parent = parent?[member] as JsonObject;
        }
        return (parent, path[^1]);
    }

    private string ComposeUrl(IReadOnlyList<FormField> fields) =>
        FormUrl.Compose(Form.UrlScheme!, fields, f => this[f], _otherOptions.GetValueOrDefault(fields[0].Name));

    private JsonNode? ToJson(FormField field)
    {
        var text = field.Type == FormFieldType.Secret ? this[field] : this[field].Trim();
        return field.Type switch
        {
            FormFieldType.List => ToLines(text) is { Count: > 0 } lines ? new JsonArray([.. lines.Select(l => JsonValue.Create(l))]) : null,
            FormFieldType.Boolean when text.Length > 0 => JsonValue.Create(text == "true"),
            _ when text.Length == 0 => field.IsRequired ? JsonValue.Create("") : null,
            FormFieldType.Number
            or FormFieldType.Duration
                when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(
                number
            ),
            _ => JsonValue.Create(text),
        };
    }

    private void Read(FormField field, JsonObject definition)
    {
        var (parent, member) = Locate(definition, field.Name);
        var node = parent?[member];
        if (field.Type == FormFieldType.Secret)
        {
            if (parent?[$"has{char.ToUpperInvariant(member[0])}{member[1..]}"]?.GetValueKind() == JsonValueKind.True)
            {
                _storedSecrets.Add(field);
            }
            return;
        }
        if (field.UrlPart is { } part)
        {
            var url = (string?)node ?? "";
            _otherOptions[field.Name] = FormUrl.ReadOtherOptions(url, [.. Form.Fields.Where(f => f.Name == field.Name)]);
            // A URL without a port or an option means the default; one without a user means none.
            var absent = part.Type is FormUrlPartType.Port or FormUrlPartType.Option ? field.Default ?? "" : "";
            this[field] = FormUrl.Read(url, part) ?? absent;
            return;
        }
        this[field] = node switch
        {
            null => field.Type is FormFieldType.Boolean or FormFieldType.Choice ? field.Default ?? "" : "",
            JsonArray list => string.Join('\n', list.Select(i => i?.ToString())),
            JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => (bool)value ? "true" : "false",
            _ => node.ToString(),
        };
    }

    private static List<string> ToLines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
