using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Studio.Api;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Admin;

public sealed partial class UserForm
{
    // Without characters that are easily confused.
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";

    private ApiException? _failure;
    private string _name = "";
    private Role _role = Role.Viewer;
    private string _password = "";
    private bool _isDisabled;
    private string? _tag;
    private bool _isReady;

    /// <summary>Name of the user to edit; null for a new user.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Invoked with a message after saving.</summary>
    [Parameter]
    public EventCallback<string> Saved { get; set; }

    private bool IsMe => Name == Session.Name;

    protected override async Task OnInitializedAsync()
    {
        if (Name is not null && await Api.Users.FindAsync(Name) is { } found)
        {
            (_role, _isDisabled, _tag) = (found.Value.Role, found.Value.Disabled, found.ETag);
        }
        _isReady = true;
    }

    private static string GeneratePassword() =>
        string.Join('-', Enumerable.Range(0, 4).Select(_ => System.Security.Cryptography.RandomNumberGenerator.GetString(Letters, 5)));

    private async Task SaveAsync()
    {
        var name = Name ?? _name.Trim();
        try
        {
            if (Name is null && name.Length > 0 && await Api.Users.FindAsync(name) is not null)
            {
                throw new ApiException(409, $"User '{name}' already exists.", "Choose another name.", []);
            }
            await Api.Users.PutAsync(
                name.Length == 0 ? " " : name,
                new()
                {
                    Role = _role,
                    Disabled = _isDisabled,
                    Password = _password.Length == 0 ? null : _password,
                },
                EditCondition.Unchanged(_tag)
            );
            await Saved.InvokeAsync(
                Name is null
                    ? $"User '{name}' added. Give them the password; they must change it at the first sign-in."
                    : $"User '{name}' saved."
            );
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }
}
