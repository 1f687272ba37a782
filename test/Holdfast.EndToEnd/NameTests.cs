namespace Holdfast.EndToEnd;

/// <summary>Unusual names of databases.</summary>
public sealed class NameTests : IDisposable
{
    private static readonly string[] Names =
    [
        "App.db",
        "app.db",
        "APP.DB",
        "a..b.db",
        "..db",
        "...",
        "-rf.db",
        "100%.db",
        "%2e%2e.db",
        "new\nline.db",
        "tab\t.db",
        "quote'\"`.db",
        "$(touch x).db",
        "semi;colon&.db",
        "~.db",
        "*.db",
        "[ab].db",
        "back\\slash.db",
        "Größe/Übung.db",
        "日本語.db",
        "💾.db",
        "e\u0301.db",
        "\u00e9.db",
        " space .db",
        "deep/er/and/deep/er.db",
        "CON",
        "nul.db",
        "con.",
        "a.db.partial2",
        "x.tar.zst",
        "space ",
        "\u202egpj.db",
        new string('a', 200),
        new string('Ä', 100),
        new string('%', 200),
        "b/" + new string('b', 199) + "1",
        "b/" + new string('b', 199) + "2",
    ];

    private readonly Workspace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [MemberData(nameof(Workspace.Types), MemberType = typeof(Workspace))]
    public async Task A_database_of_any_name_is_backed_up_to_its_own_folder_and_restored(string type)
    {
        foreach (var (i, name) in Names.Index())
        {
            _place.Make(name, rows: 2 + i, rowBytes: 10);
        }
        var report = await _place.BackupAsync(0, type, "full");
        var items = report["items"]!.AsArray();
        Assert.Equal(Names.Select(n => $"local/{n}").Order(StringComparer.Ordinal), items.Select(i => i!["database"]!.GetValue<string>()));
        var folders = Directory.GetDirectories($"{_place.Destination}/local").Select(Path.GetFileName).ToList();
        Assert.Equal(Names.Length, folders.Count);
        Assert.Equal(Names.Length, folders.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(folders, f => Assert.Matches("^[A-Za-z0-9._=+@,~%-]{1,180}$", f));
        foreach (var name in Names)
        {
            _place.Sql(name, "UPDATE t SET s = 'changed' WHERE id = 1");
        }
        await _place.BackupAsync(0, type, "incremental");
        foreach (var name in Names.Where((_, i) => i % 4 == 0))
        {
            var path = items.Single(i => i!["database"]!.GetValue<string>() == $"local/{name}")!["path"]!.GetValue<string>();
            await _place.ComesBackAsync(Path.GetDirectoryName($"{_place.Destination}/{path}")!, _place.SourceContents(name));
        }

        await _place.HoldfastAsync(0, "verify", _place.Destination);
        var text = await _place.HoldfastAsync(0, "databases", "--source", _place.Source);
        // A name can neither break a line of the table nor change its text direction.
        Assert.Equal(Names.Length + 1, text.Output.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain('\u202e', text.Output);
    }

    [Theory]
    [InlineData("strange\nname.db")]
    [InlineData("100%.db")]
    [InlineData("-x.db")]
    [InlineData("Größe 💾.db")]
    public async Task A_database_is_restored_under_any_name(string name)
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        await _place.HoldfastAsync(0, "restore", _place.Destination, "--to", $"{_place.Out}/{name}");
        Assert.Equal(_place.SourceContents("a.db"), Workspace.Contents($"{_place.Out}/{name}"));
    }

    [Fact]
    public async Task The_name_of_a_temporary_file_is_not_accepted_for_a_restore()
    {
        _place.Make("a.db");
        await _place.BackupAsync(0, "snapshot", "full");
        var ended = await _place.HoldfastAsync("restore", _place.Destination, "--to", $"{_place.Out}/_holdfast_restore_1");
        Assert.Equal(2, ended.ExitCode);
    }
}
