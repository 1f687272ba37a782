using Holdfast.Api;
using Holdfast.Api.Sources;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Sources;

public sealed partial class SourceForm
{
    private SourceDraft _draft = new();
    private SourceTestView? _test;
    private SourceRequest? _testedRequest;
    private ApiException? _failure;
    private bool _hasPassword;
    private bool _hasRestorePassword;
    private string? _tag;

    /// <summary>Name of the one that is edited; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Parameter]
    public EventCallback<string> Saved { get; set; }

    protected override async Task OnInitializedAsync()
    {
        if (Name is null || await Api.Sources.FindAsync(Name) is not { Value.Definition: { } definition } found)
        {
            return;
        }
        (_draft, _hasPassword, _hasRestorePassword, _tag) = (
            SourceDraft.Of(Name, definition),
            definition.HasPassword,
            definition.Restore?.HasPassword == true,
            found.ETag
        );
    }

    // Tried first: what is missing is told with the way to mend it, before anything is saved.
    private Task SaveAsync() =>
        RunAsync(async () =>
        {
            var name = Name ?? _draft.Name.Trim();
            if (Name is null && name.Length > 0 && await Api.Sources.FindAsync(name) is not null)
            {
                throw new ApiException(409, $"There is a source '{name}' already.", "Choose another name.", []);
            }
            var request = _draft.Request with
            {
                Name = name,
                Password = string.IsNullOrEmpty(_draft.Password) ? (_hasPassword ? null : "") : _draft.Password,
            };
            if (request.Restore is { } restore)
            {
                request = request with
                {
                    Restore = restore with
                    {
                        Password = string.IsNullOrEmpty(restore.Password) ? (_hasRestorePassword ? null : "") : restore.Password,
                    },
                };
            }
            (_test, _testedRequest) = (null, null);
            _test = await Api.Sources.TestDefinitionAsync(request);
            _testedRequest = request;
            if (_test.Problems.Count == 0)
            {
                await PutAsync();
            }
        });

    private Task SaveAnywayAsync() => RunAsync(PutAsync);

    private async Task PutAsync()
    {
        var name = Name ?? _draft.Name.Trim();
        await Api.Sources.PutAsync(name, _testedRequest!, EditCondition.Unchanged(_tag));
        (_draft.Password, _draft.RestorePassword) = (null, null);
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
