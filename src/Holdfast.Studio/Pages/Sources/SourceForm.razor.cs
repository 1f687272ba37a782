using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Sources;
using Holdfast.Studio.Kinds;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>Defines or changes a source, with the form of its engine.</summary>
public sealed partial class SourceForm
{
    private KindFormValues? _values;
    private SourceTestView? _test;
    private JsonObject? _tested;
    private ApiException? _failure;
    private string _name = "";
    private string? _engine;
    private string? _tag;

    /// <summary>Name of the source to edit; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Engine of a new source.</summary>
    [Parameter]
    public string? Engine { get; set; }

    [Parameter]
    public EventCallback<string> Saved { get; set; }

    protected override async Task OnInitializedAsync()
    {
        if (Name is null)
        {
            _engine = Engine;
            _values = Kinds.FindEngine(Engine)?.Form is { } form ? new(form) : null;
        }
        else if (await Api.Sources.FindAsync(Name) is { Value.Definition: { } definition } found)
        {
            (_engine, _tag) = (found.Value.Engine, found.ETag);
            _values = Kinds.FindEngine(_engine)?.Form is { } form ? KindFormValues.From(form, ClientJson.ToDocument(definition)) : null;
        }
    }

    // The test comes first: it reports what is missing, and how to fix it, before anything is saved.
    private Task SaveAsync() =>
        RunAsync(async () =>
        {
            var name = Name ?? _name.Trim();
            if (Name is null && name.Length > 0 && await Api.Sources.FindAsync(name) is not null)
            {
                throw new ApiException(409, $"Source '{name}' already exists.", "Choose another name.", []);
            }
            var definition = _values!.ToDefinition();
            (definition["name"], definition["engine"]) = (name, _engine);
            (_test, _tested) = (null, null);
            _test = await Api.Sources.TestDocumentAsync(definition);
            _tested = definition;
            if (_test.Problems.Count == 0)
            {
                await PutAsync();
            }
        });

    private Task SaveAnywayAsync() => RunAsync(PutAsync);

    private async Task PutAsync()
    {
        var name = Name ?? _name.Trim();
        await Api.Sources.PutDocumentAsync(name, _tested!, EditCondition.Unchanged(_tag));
        _values!.ClearSecrets();
        await Saved.InvokeAsync(name);
    }

    private async Task RunAsync(Func<Task> ask)
    {
        try
        {
            _failure = null;
            await ask();
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
