using Holdfast.Api;
using Holdfast.Api.Databases;
using Holdfast.Studio.Components;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Sources;

public sealed partial class DatabaseKeysPanel
{
    private IReadOnlyList<DatabaseKeyView> _keys = [];
    private ApiException? _failure;
    private string _databases = "";
    private string _secret = "";
    private bool _isPassphrase;

    [SupplyParameterFromQuery]
    private string? Key { get; set; }

    private string? SecretError => _failure.ErrorFor("key") ?? _failure.ErrorFor("passphrase");

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken) =>
        _keys = await Api.DatabaseKeys.ListAsync(cancellationToken);

    private static bool IsGlob(string databases) => databases.AsSpan().ContainsAny('*', '?');

    private async Task SaveKeyAsync()
    {
        try
        {
            var name = _databases.Trim();
            await Api.DatabaseKeys.PutAsync(
                name.Length == 0 ? " " : name,
                _isPassphrase ? new() { Passphrase = _secret } : new() { Key = _secret }
            );
            (_failure, _secret, _databases) = (null, "", "");
            Snackbar.Add($"The key of {name} was added.", Severity.Success);
            Navigation.NavigateTo("/server/sources");
        }
        catch (ApiException e)
        {
            _failure = e;
        }
    }

    private async Task DeleteKeyAsync(string databases)
    {
        if (
            !await ConfirmAsync(
                $"Delete the key of {databases}?",
                "Snapshots replace logical backups of these databases. The server can no longer read backups that were "
                    + "encrypted with this key.",
                "Backups stay, and anyone who has the key can open them. The key can be added again.",
                "Delete key"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.DatabaseKeys.DeleteAsync(databases), $"The key of {databases} was deleted.");
    }
}
