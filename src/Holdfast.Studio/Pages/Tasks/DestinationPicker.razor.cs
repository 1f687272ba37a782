using Holdfast.Api;
using Holdfast.Api.Destinations;
using Holdfast.Core.Errors;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Kinds;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>Selects the destinations of a task. A new one can be defined in place.</summary>
public sealed partial class DestinationPicker
{
    private readonly Dictionary<string, string> _tested = [];
    private IReadOnlyList<DestinationView> _all = [];
    private bool _isNew;
    private string _name = "";
    private string? _kind;
    private KindFormValues? _values;
    private ApiException? _failure;

    [Parameter, EditorRequired]
    public IReadOnlyCollection<string> Chosen { get; set; } = [];

    [Parameter]
    public EventCallback<IReadOnlyCollection<string>> ChosenChanged { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _all = await Api.Destinations.ListAsync(cancellationToken);
        if (_values is null && Kinds.Destinations is [var first, ..])
        {
            ChooseKind(first.Kind);
        }
    }

    private void ChooseKind(string? kind)
    {
        if (Kinds.FindDestination(kind) is { } found)
        {
            (_kind, _values, _failure) = (found.Kind, new(found.Form), null);
        }
    }

    private Task SetAsync(string name, bool isOn) =>
        ChosenChanged.InvokeAsync(isOn ? [.. Chosen, name] : [.. Chosen.Where(c => c != name)]);

    private async Task TestAsync(string name)
    {
        try
        {
            var test = await Api.Destinations.TestAsync(name);
            _tested[name] = test.FreeBytes is { } free ? $"OK, {DisplayFormat.Bytes(free)} free" : "OK";
        }
        catch (ApiException e)
        {
            _tested[name] = Sentence.Join(e.Message, e.Hint);
        }
    }

    private async Task AddAsync()
    {
        var name = _name.Trim();
        var definition = _values!.ToDefinition();
        definition["kind"] = _kind;
        _failure = null;
        var isDefined = await ExecuteAsync(
            async () =>
            {
                try
                {
                    await Api.Destinations.PutDocumentAsync(name, definition);
                }
                catch (ApiException e)
                {
                    _failure = e;
                    throw;
                }
            },
            $"Destination {name} defined."
        );
        if (!isDefined)
        {
            return;
        }
        (_isNew, _name) = (false, "");
        ChooseKind(_kind);
        await SetAsync(name, true);
    }
}
