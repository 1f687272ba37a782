using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using Holdfast.Node.Sources;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>Sources that are defined over the API: what is stored together, and where passwords are sent.</summary>
public sealed class SourceEditorTests : IAsyncLifetime
{
    private const string Here = "postgresql://holdfast@here",
        There = "postgresql://holdfast@there";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly MemoryStore _store = new();
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private NodeState _state = null!;
    private Supervisor _supervisor = null!;
    private SourceRegistry _registry = null!;
    private SourceEditor _editor = null!;
    private SecretStore _secrets = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _state = new(_store, "A", _time);
        await _state.StartAsync(Token);
        _secrets = new(_store, _key, [_key.Recipient]);
        _supervisor = new(_time, NullLogger<Supervisor>.Instance);
        _registry = new(_state, TimeSpan.FromSeconds(30), _supervisor, _time, NullLogger<SourceRegistry>.Instance);
        _editor = new(_state.Sources, _secrets, _registry, ["configured"], Attach);
    }

    public async ValueTask DisposeAsync()
    {
        _registry.Stop();
        await _supervisor.DisposeAsync();
        await _registry.DisposeAsync();
        await _state.DisposeAsync();
    }

    [Fact]
    public async Task A_rejected_edit_does_not_change_the_password_in_use()
    {
        _editor.Start();
        var stored = await _editor.PutAsync(Definition(Here), new("first"), 0, Token);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _editor.PutAsync(Definition(Here), new("second"), stored.Revision + 5, Token)
        );
        Assert.Equal(ErrorCatalog.Conflict, failure.Error);
        Assert.Equal("first", await PasswordAsync());
        await Assert.ThrowsAsync<HoldfastException>(() => _editor.DeleteAsync("shop", stored.Revision + 5, Token));
        Assert.Equal("first", await PasswordAsync());
        await _editor.PutAsync(Definition(Here), new("second"), stored.Revision, Token);
        Assert.Equal("second", await PasswordAsync());
    }

    [Fact]
    public async Task A_password_is_sent_only_to_the_address_that_it_was_given_for()
    {
        _editor.Start();
        await _editor.PutAsync(Definition(Here), new("secret"), null, Token);
        // As if the definition were deleted between reading it and using the password.
        var draft = await _editor.CreateUnsavedAsync(Definition(Here), new(null), Token);
        await _state.Sources.PutAsync("shop", Definition(There), null, Token);
        await UntilAsync(() => _registry.Find("shop")!.Attached.Source is OddSource { Address: There });
        await Assert.ThrowsAsync<HoldfastException>(PasswordAsync);
        await Assert.ThrowsAsync<ValidationException>(() => _editor.CreateUnsavedAsync(Definition(Here), new(null), Token));
        var password = ((OddSource)draft.Source).Password!;
        await Assert.ThrowsAsync<ValidationException>(() =>
            _editor.CreateUnsavedAsync(Definition(There) with { Url = There + ":1" }, new(null), Token)
        );
        await _editor.DeleteAsync("shop", null, Token);
        Assert.Null(await password(Token));
        Assert.False(await _editor.HasPasswordAsync("shop", Token));
        await draft.Source.DisposeAsync();
    }

    [Fact]
    public async Task A_password_from_version_0_1_is_bound_to_its_definition_at_first_use()
    {
        await _secrets.PutAsync("sources/shop", "old", Token);
        await _state.Sources.PutAsync("shop", Definition(Here), null, Token);
        _editor.Start();
        Assert.True(await _editor.HasPasswordAsync("shop", Token));
        var elsewhere = Attach(
            Definition(There),
            SourceSecrets.None with
            {
                Password = async token => await new SourcePasswords(_secrets, _state.Sources).FindAsync("shop", There, token),
            }
        );
        await Assert.ThrowsAsync<HoldfastException>(async () => await ((OddSource)elsewhere.Source).Password!(Token));
        Assert.Equal("old", await PasswordAsync());
        Assert.Null(await _secrets.FindAsync("sources/shop", Token));
        Assert.Equal("old", await PasswordAsync());
        await elsewhere.Source.DisposeAsync();
    }

    [Fact]
    public async Task A_definition_that_cannot_be_used_is_listed_with_the_reason()
    {
        await _state.Sources.PutAsync("shop", Definition("oracle://x"), null, Token);
        await _state.Sources.PutAsync("other", Definition(Here) with { Name = "other" }, null, Token);
        _editor.Start();
        await _registry.WaitUntilReadyAsync(Token);
        Assert.Contains("oracle", _registry.Find("shop")!.Status.Problem!.Message, StringComparison.Ordinal);
        Assert.Null(_registry.Find("other")!.Status.Problem);
    }

    [Fact]
    public async Task The_password_for_restores_is_valid_for_one_role_at_one_address()
    {
        _editor.Start();
        var definition = Definition(Here) with { RestoreUser = "restorer" };
        await _editor.PutAsync(definition, new("secret", "other"), null, Token);
        Assert.Equal(("secret", "other"), (await PasswordAsync(), await RestorePasswordAsync()));
        Assert.True(await _editor.HasRestorePasswordAsync("shop", Token));
        await _editor.PutAsync(definition, new(null), null, Token);
        Assert.Equal("other", await RestorePasswordAsync());
        var other = await Assert.ThrowsAsync<ValidationException>(() =>
            _editor.PutAsync(definition with { RestoreUser = "postgres" }, new(null), null, Token)
        );
        Assert.Equal("restore.password", Assert.Single(other.Errors).Field);
        Assert.Equal(
            2,
            (await Assert.ThrowsAsync<ValidationException>(() => _editor.PutAsync(definition with { Url = There }, new(null), null, Token)))
                .Errors
                .Count
        );
        await Assert.ThrowsAsync<ValidationException>(() => _editor.PutAsync(Definition(Here), new(null, "of nobody"), null, Token));
        // As if the definition were deleted between reading it and using the password.
        await _state.Sources.PutAsync("shop", definition with { RestoreUser = "postgres" }, null, Token);
        await UntilAsync(() => _registry.Find("shop")!.Attached.Source is OddSource { RestoreUser: "postgres" });
        await Assert.ThrowsAsync<HoldfastException>(RestorePasswordAsync);
        await _editor.PutAsync(Definition(Here), new(null), null, Token);
        Assert.False(await _editor.HasRestorePasswordAsync("shop", Token));
        Assert.Null(await RestorePasswordAsync());
    }

    private async Task<string?> RestorePasswordAsync() =>
        await ((OddSource)_registry.Find("shop")!.Attached.Source).RestorePassword!(Token);

    private async Task<string?> PasswordAsync() => await ((OddSource)_registry.Find("shop")!.Attached.Source).Password!(Token);

    private AttachedSource Attach(SourceDefinition definition, SourceSecrets secrets)
    {
        if (definition.Url.StartsWith("oracle", StringComparison.Ordinal))
        {
            throw new FormatException("oracle is no engine");
        }
        return new(
            "odd",
            new OddSource(definition.Name)
            {
                Address = definition.Url,
                Password = secrets.Password,
                RestorePassword = secrets.RestorePassword,
                RestoreUser = definition.RestoreUser,
            },
            false
        );
    }

    private static SourceDefinition Definition(string url) =>
        new()
        {
            Name = "shop",
            Engine = "postgresql",
            Url = url,
        };

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1, Token);
        }
    }
}
