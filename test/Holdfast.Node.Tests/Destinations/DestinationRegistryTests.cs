using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Definitions;

namespace Holdfast.Node.Tests.Destinations;

public sealed class DestinationRegistryTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly NodeState _state = new(new MemoryStore(), "A", TimeProvider.System);
    private DestinationRegistry _registry = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Nas => $"{_root}/allowed/nas";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory($"{_root}/allowed");
        Directory.CreateDirectory($"{_root}/other");
        await _state.StartAsync(Token);
        _registry = CreateRegistry("A");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _state.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_defined_destination_can_be_opened_and_contains_restore_instructions()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        Assert.True(File.Exists($"{Nas}/HOW-TO-RESTORE.txt") && File.Exists($"{Nas}/restore.py"));
        await using var destination = await _registry.OpenForBackupsAsync("nas", Token);
        Assert.Equal(["nas"], _registry.Items.Select(i => i.Key));
    }

    [Fact]
    public async Task Defining_a_destination_assigns_an_identity_that_saving_it_again_keeps()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        var id = IdIn(Nas);
        Assert.True(DestinationIdentity.IsId(id));
        Assert.Equal(id, _registry.IdentityOf("nas"));
        await _registry.PutAsync(Local("nas", $"{Nas}/"), null, Token);
        Assert.Equal((id, id), (IdIn(Nas), _registry.IdentityOf("nas")));
        await using var destination = await _registry.OpenAsync("nas", Token);
        Assert.Equal(id, destination.Identity);
    }

    [Fact]
    public async Task An_existing_identity_is_adopted()
    {
        Directory.CreateDirectory(Nas);
        var id = await Give(Nas);
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        Assert.Equal((id, id), (IdIn(Nas), _registry.IdentityOf("nas")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_root_without_its_disk_is_refused_and_nothing_is_created_there(bool isEmptyFolder)
    {
        await _registry.PutAsync(Local("nas", $"{Nas}/"), 0, Token);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
        Directory.Move(Nas, $"{_root}/away");
        if (isEmptyFolder)
        {
            Directory.CreateDirectory(Nas);
        }
        var notifications = 0;
        _registry.ProblemChanged += () => notifications++;
        await RefusedAsync("nas");
        await RefusedAsync("nas");
        Assert.Equal(
            ErrorCatalog.DestinationIdentity,
            (await Assert.ThrowsAsync<HoldfastException>(() => _registry.TestAsync("nas", Token))).Error
        );
        await _registry.PutAsync(Local("nas", $"{Nas}/"), null, Token);
        await RefusedAsync("nas");
        Assert.Equal(1, notifications);
        Assert.Equal(isEmptyFolder, Directory.Exists(Nas));
        if (isEmptyFolder)
        {
            Assert.Empty(Directory.GetFileSystemEntries(Nas));
        }

        // Back to the right one, without a restart.
        if (isEmptyFolder)
        {
            Directory.Delete(Nas);
        }
        Directory.Move($"{_root}/away", Nas);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
        Assert.Null(_registry.IdentityProblem("nas"));
        Assert.Equal(2, notifications);
    }

    [Fact]
    public async Task Another_disk_is_refused_until_it_is_initialized()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        Directory.Move(Nas, $"{_root}/away");
        Directory.CreateDirectory(Nas);
        await Give(Nas);
        Assert.Contains("instead of", (await RefusedAsync("nas")).Message, StringComparison.Ordinal);
        Assert.Equal(IdIn(Nas), await _registry.InitializeAsync("nas", Token));
        Assert.Null(_registry.IdentityProblem("nas"));
        Assert.True(File.Exists($"{Nas}/restore.py"));
        await using var destination = await _registry.OpenAsync("nas", Token);
        Assert.Equal(IdIn(Nas), destination.Identity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"format\":1,\"id\":\"0123\"}")]
    [InlineData("{\"format\":1")]
    [InlineData("[]")]
    public async Task A_damaged_identity_is_a_problem_until_an_operator_resolves_it(string file)
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        await File.WriteAllTextAsync($"{Nas}/{DestinationIdentity.FileName}", file, Token);
        Assert.Contains("damaged", (await RefusedAsync("nas")).Message, StringComparison.Ordinal);
        Assert.Equal(file, await File.ReadAllTextAsync($"{Nas}/{DestinationIdentity.FileName}", Token));
        Assert.Equal(await _registry.InitializeAsync("nas", Token), IdIn(Nas));
    }

    [Fact]
    public async Task An_identity_in_a_newer_format_is_never_replaced()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        var newer = $"{{\"format\":2,\"id\":\"{IdIn(Nas)}\"}}";
        await File.WriteAllTextAsync($"{Nas}/{DestinationIdentity.FileName}", newer, Token);
        await RefusedAsync("nas");
        await Assert.ThrowsAsync<HoldfastException>(() => _registry.InitializeAsync("nas", Token));
        Assert.Equal(newer, await File.ReadAllTextAsync($"{Nas}/{DestinationIdentity.FileName}", Token));
    }

    [Theory]
    [InlineData("nas", "nas")]
    [InlineData("nas", "nas/")]
    [InlineData("nas", "nas/inner")]
    [InlineData("nas/inner", "nas")]
    [InlineData("nas", "link")]
    [InlineData("nas", "link/inner/")]
    public async Task Equal_and_nested_roots_are_refused(string first, string second)
    {
        Directory.CreateDirectory($"{Nas}/inner");
        File.CreateSymbolicLink($"{_root}/allowed/link", Nas);
        await _registry.PutAsync(Local("first", $"{_root}/allowed/{first}"), 0, Token);
        var failure = await Assert.ThrowsAsync<ValidationException>(() =>
            _registry.PutAsync(Local("second", $"{_root}/allowed/{second}"), 0, Token)
        );
        Assert.Equal("path", Assert.Single(failure.Errors).Field);
        Assert.Equal(["first"], _registry.Items.Select(i => i.Key));
    }

    [Fact]
    public async Task A_copy_with_the_identity_of_another_destination_is_refused()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        Directory.CreateDirectory($"{_root}/allowed/copy/inner");
        File.Copy($"{Nas}/{DestinationIdentity.FileName}", $"{_root}/allowed/copy/{DestinationIdentity.FileName}");
        await Assert.ThrowsAsync<ValidationException>(() => _registry.PutAsync(Local("copy", $"{_root}/allowed/copy"), 0, Token));
        await Assert.ThrowsAsync<ValidationException>(() => _registry.PutAsync(Local("copy", $"{_root}/allowed/copy/inner"), 0, Token));
        Assert.False(File.Exists($"{_root}/allowed/copy/inner/{DestinationIdentity.FileName}"));
    }

    [Fact]
    public async Task A_root_without_an_identity_is_adopted_if_it_has_a_backup_of_a_known_database()
    {
        await DefinedBeforeAsync();
        await AddBackupAsync(Nas);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
        Assert.Equal(IdIn(Nas), _registry.IdentityOf("nas"));
        await using var renamed = CreateRegistry("B"); // a node with another tag knows the folder, too
        Directory.Delete($"{Nas}/shop", recursive: true);
        await (await renamed.OpenAsync("nas", Token)).DisposeAsync();
    }

    [Fact]
    public async Task Two_names_for_one_folder_from_earlier_versions_keep_working_and_are_reported()
    {
        await DefinedBeforeAsync("nas", "nas-again", "nas-inner");
        await AddBackupAsync(Nas);
        await AddBackupAsync($"{Nas}/inner");
        foreach (var name in (string[])["nas", "nas-again", "nas-inner"])
        {
            await (await _registry.OpenAsync(name, Token)).DisposeAsync();
        }
        Assert.Equal(_registry.IdentityOf("nas"), _registry.IdentityOf("nas-again"));
        Assert.Equal([("nas-again", "nas"), ("nas-inner", "nas")], _registry.Overlapping);
        var alerts = AlertRules
            .Evaluate(
                new()
                {
                    Now = DateTimeOffset.UnixEpoch,
                    StartedAt = DateTimeOffset.UnixEpoch,
                    OverlappingDestinations = _registry.Overlapping,
                }
            )
            .ToList();
        Assert.Equal(["shared:nas-again", "shared:nas-inner"], alerts.Select(a => a.Key));
        Assert.All(alerts, a => Assert.Equal((AlertKind.DestinationOverlap, AlertSeverity.Warning), (a.Kind, a.Severity)));
    }

    [Fact]
    public async Task The_disk_of_another_destination_is_not_adopted()
    {
        await DefinedBeforeAsync("nas", "other");
        await AddBackupAsync(Nas);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
        Directory.CreateDirectory($"{_root}/allowed/other");
        await AddBackupAsync($"{_root}/allowed/other"); // as if the wrong disk, or a copy of it, were mounted there
        File.Copy($"{Nas}/{DestinationIdentity.FileName}", $"{_root}/allowed/other/{DestinationIdentity.FileName}");
        await RefusedAsync("other");
        Assert.Null(_registry.IdentityOf("other"));
        Assert.Empty(_registry.Overlapping);
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop/unknown/2026-11-23-10-00-00.A-snapshot/2026-11-23-10-00-00.snapshot.tar.zst")]
    [InlineData("shop/orders/2026-11-23-10-00-00.A-snapshot/2026-11-23-10-00-00.snapshot.tar.zst.partial")]
    public async Task A_root_without_a_known_backup_is_not_adopted(string file)
    {
        await DefinedBeforeAsync();
        if (file.Length > 0)
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{Nas}/{file}")!);
            await File.WriteAllTextAsync($"{Nas}/{file}", "", Token);
        }

        _state.Databases.Set(
            new()
            {
                Id = DatabaseId.Parse("shop/orders"),
                Engine = "sqlite",
                FirstSeen = DateTimeOffset.UnixEpoch,
            }
        );
        await RefusedAsync("nas");
        Assert.False(File.Exists($"{Nas}/{DestinationIdentity.FileName}"));
        await _registry.InitializeAsync("nas", Token);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
    }

    [Fact]
    public async Task A_destination_whose_folder_cannot_be_created_yet_is_stored_and_initialized_later()
    {
        await _registry.PutAsync(Local("nas", $"{_root}/allowed/mount/nas"), 0, Token);
        await RefusedAsync("nas");
        Directory.CreateDirectory($"{_root}/allowed/mount");
        await RefusedAsync("nas");
        await _registry.InitializeAsync("nas", Token);
        await (await _registry.OpenAsync("nas", Token)).DisposeAsync();
    }

    [Theory]
    [InlineData("other")]
    [InlineData("allowed/../other")]
    [InlineData("allowed/link")]
    [InlineData("allowed/link/new")]
    [InlineData("allowedbutnot")]
    public async Task A_folder_outside_of_the_allowed_roots_is_refused(string path)
    {
        File.CreateSymbolicLink($"{_root}/allowed/link", $"{_root}/other");
        var failure = await Assert.ThrowsAsync<ValidationException>(() => _registry.PutAsync(Local("nas", $"{_root}/{path}"), null, Token));
        Assert.Equal("path", Assert.Single(failure.Errors).Field);
        Assert.Empty(_registry.Items);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_created_after_the_definition_is_not_followed(bool isOpen)
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        var opened = isOpen ? await _registry.OpenAsync("nas", Token) : null;
        Directory.Delete(Nas, recursive: true);
        File.CreateSymbolicLink(Nas, $"{_root}/other");
        await Assert.ThrowsAsync<HoldfastException>(() => _registry.OpenAsync("nas", Token));
        if (opened is not null)
        {
            await Assert.ThrowsAsync<HoldfastException>(() => opened.BeginUploadAsync("a/b", Token));
        }
        Assert.Empty(Directory.GetFileSystemEntries($"{_root}/other"));
    }

    [Fact]
    public async Task A_link_in_place_of_the_identity_file_is_not_an_identity()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        File.Move($"{Nas}/{DestinationIdentity.FileName}", $"{_root}/other/id");
        File.CreateSymbolicLink($"{Nas}/{DestinationIdentity.FileName}", $"{_root}/other/id");
        await RefusedAsync("nas");
    }

    [Fact]
    public async Task All_errors_of_a_definition_are_reported_at_once()
    {
        var failure = await Assert.ThrowsAsync<ValidationException>(() =>
            _registry.PutAsync(new() { Name = "../nas", Kind = "tape" }, null, Token)
        );
        Assert.Equal(["name", "kind"], failure.Errors.Select(f => f.Field));
    }

    [Fact]
    public async Task The_second_of_two_concurrent_edits_is_a_conflict()
    {
        var first = await _registry.PutAsync(Local("nas", $"{_root}/allowed/a"), 0, Token);
        await _registry.PutAsync(Local("nas", $"{_root}/allowed/b"), first.Revision, Token);
        Assert.Equal(
            ErrorCatalog.Conflict,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    _registry.PutAsync(Local("nas", $"{_root}/allowed/c"), first.Revision, Token)
                )
            ).Error
        );
        Assert.EndsWith("/b", _registry.Find("nas")!.Value.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_writes_lists_and_removes_a_file_and_leaves_nothing()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        Assert.Null(_registry.LastTest(_registry.Find("nas")!.Value));
        Assert.True((await _registry.TestAsync("nas", Token)).FreeBytes > 0);
        Assert.Null(_registry.LastTest(_registry.Find("nas")!.Value)!.Problem);
        Assert.Equal(
            [DestinationIdentity.FileName, "HOW-TO-RESTORE.txt", "restore.py"],
            Directory.GetFileSystemEntries(Nas).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        await _registry.PutAsync(Local("nas", $"{_root}/allowed/elsewhere"), null, Token);
        Assert.Null(_registry.LastTest(_registry.Find("nas")!.Value));
        Directory.Delete($"{_root}/allowed/elsewhere", recursive: true);
        await Assert.ThrowsAsync<HoldfastException>(() => _registry.TestAsync("nas", Token));
        Assert.NotNull(_registry.LastTest(_registry.Find("nas")!.Value)!.Problem);
    }

    [Fact]
    public async Task Undefined_and_deleted_destinations_cannot_be_opened()
    {
        await _registry.PutAsync(Local("nas", Nas), 0, Token);
        await _registry.DeleteAsync("nas", null, Token);
        await _registry.DeleteAsync("nas", null, Token);
        Assert.Null(_registry.IdentityOf("nas"));
        Assert.Equal(ErrorCatalog.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => _registry.OpenAsync("nas", Token))).Error);
    }

    private static DestinationConfig Local(string name, string path) =>
        new()
        {
            Name = name,
            Kind = "local",
            Path = path,
        };

    private static string IdIn(string root) => DestinationIdentity.Read(File.ReadAllBytes($"{root}/{DestinationIdentity.FileName}"))!;

    private static async Task<string> Give(string root)
    {
        var id = DestinationIdentity.New();
        await File.WriteAllTextAsync(
            $"{root}/{DestinationIdentity.FileName}",
            Encoding.UTF8.GetString(DestinationIdentity.Write(id)),
            Token
        );
        return id;
    }

    private DestinationRegistry CreateRegistry(string tag)
    {
        var key = AgeIdentity.Generate();
        var secrets = new DestinationSecretStore(new(_state.Store, key, [key.Recipient]));
        return new(
            _state,
            new([new LocalDestinationFactory([$"{_root}/allowed"])], secrets),
            secrets,
            new() { Tag = tag, Key = key },
            TimeProvider.System
        );
    }

    // As version 0.1 stored it.
    // As a version without identities defined them: nas-again has the folder of nas, and the folder of nas-inner is inside it.
    private async Task DefinedBeforeAsync(params string[] names)
    {
        Directory.CreateDirectory(Nas);
        foreach (var name in names.DefaultIfEmpty("nas"))
        {
            var path = name switch
            {
                "nas-again" => Nas,
                "nas-inner" => $"{Nas}/inner",
                _ => $"{_root}/allowed/{name}",
            };
            await _state.Destinations.PutAsync(name, Local(name, path), 0, Token);
        }
    }

    // A backup of a database that the state knows.
    private async Task AddBackupAsync(string root)
    {
        var chain = Directory.CreateDirectory($"{root}/shop/orders/2026-11-23-10-00-00.A-snapshot-0123456789").FullName;
        await File.WriteAllTextAsync($"{chain}/2026-11-23-10-00-00.snapshot.tar.zst", "", Token);
        _state.Databases.Set(
            new()
            {
                Id = DatabaseId.Parse("shop/orders"),
                Engine = "sqlite",
                FirstSeen = DateTimeOffset.UnixEpoch,
            }
        );
    }

    private async Task<HoldfastException> RefusedAsync(string name)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _registry.OpenForBackupsAsync(name, Token));
        Assert.Equal(ErrorCatalog.DestinationIdentity, failure.Error);
        Assert.Equal(failure.Message, _registry.IdentityProblem(name)!.Message);
        return failure;
    }
}
