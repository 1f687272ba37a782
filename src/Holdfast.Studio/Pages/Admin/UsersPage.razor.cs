using Holdfast.Api.Access;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Admin;

/// <summary>Users and API tokens.</summary>
public sealed partial class UsersPage
{
    private IReadOnlyList<UserView> _users = [];
    private IReadOnlyList<TokenView> _tokens = [];
    private TokenView? _createdToken;

    [SupplyParameterFromQuery]
    private string? Edit { get; set; }

    [SupplyParameterFromQuery]
    private string? Add { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _users = await Api.Users.ListAsync(cancellationToken);
        _tokens = await Api.Tokens.ListAsync(cancellationToken);
    }

    private bool IsMe(string name) => name == Session.Name;

    private async Task OnSavedAsync(string text)
    {
        Snackbar.Add(text, MudBlazor.Severity.Success);
        Navigation.NavigateTo("/server/users");
        await ReloadAsync();
    }

    private async Task OnTokenCreatedAsync(TokenView token)
    {
        _createdToken = token;
        Navigation.NavigateTo("/server/users");
        await ReloadAsync();
    }

    private async Task DeleteAsync(UserView user)
    {
        if (
            !await ConfirmAsync(
                $"Delete user '{user.Name}'?",
                "The user can no longer sign in, and all sessions of the user end immediately.",
                "Tasks and tokens that the user created, and entries in the audit log, are kept.",
                "Delete user"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Users.DeleteAsync(user.Name), $"User '{user.Name}' deleted.");
    }

    private async Task DeleteAsync(TokenView token)
    {
        if (
            !await ConfirmAsync(
                $"Delete token '{token.Name}'?",
                "Programs that use this token lose access immediately. The token cannot be recovered.",
                "Other tokens remain valid.",
                "Delete token"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Tokens.DeleteAsync(token.Id), $"Token '{token.Name}' deleted.");
        if (_createdToken?.Id == token.Id)
        {
            _createdToken = null;
        }
    }
}
