using Holdfast.Api.Access;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Admin;

/// <summary>Who may do what: people and programs.</summary>
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
                "They can no longer sign in, and their sessions end at once.",
                "Tasks that they defined, tokens that they made and what the audit log says of them stay.",
                "Delete user"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Users.DeleteAsync(user.Name), $"User '{user.Name}' was deleted.");
    }

    private async Task DeleteAsync(TokenView token)
    {
        if (
            !await ConfirmAsync(
                $"Delete token '{token.Name}'?",
                "Programs that use it are refused from now on. It cannot be had back.",
                "What they did stays, and so do other tokens.",
                "Delete token"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.Tokens.DeleteAsync(token.Id), $"Token '{token.Name}' was deleted.");
        if (_createdToken?.Id == token.Id)
        {
            _createdToken = null;
        }
    }
}
