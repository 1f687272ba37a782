using Holdfast.Core.Kinds;

namespace Holdfast.Core.Tests.Kinds;

/// <summary>A URL that is entered part by part.</summary>
public sealed class FormUrlTests
{
    private static readonly IReadOnlyList<FormField> Fields =
    [
        new("url", "Servers") { UrlPart = new(FormUrlPartType.Hosts) },
        new("url", "Port", FormFieldType.Number) { UrlPart = new(FormUrlPartType.Port), Default = "5432" },
        new("url", "User") { UrlPart = new(FormUrlPartType.User) },
        new("url", "Encrypt") { UrlPart = new(FormUrlPartType.Option, "sslmode"), Default = "prefer" },
    ];

    [Theory]
    [InlineData("db1", "5432", "holdfast", "prefer", "db://holdfast@db1:5432")]
    [InlineData("db1, db2", "6000", "o'brien@x", "verify-full", "db://o%27brien%40x@db1:6000,db2:6000?sslmode=verify-full")]
    [InlineData("db1:5433, db2:5434", "5432", "holdfast", "require", "db://holdfast@db1:5433,db2:5434?sslmode=require")]
    [InlineData("[::1]", "5432", "holdfast", "prefer", "db://holdfast@[::1]:5432")]
    [InlineData("[::1]:6000", "", "", "", "db://[::1]:6000")]
    [InlineData("/run/db", "5432", "holdfast", "prefer", "db://holdfast@%2Frun%2Fdb:5432")]
    public void Parts_are_composed_to_a_URL_that_gives_the_same_URL_again(string hosts, string port, string user, string mode, string url)
    {
        string[] values = [hosts, port, user, mode];
        Assert.Equal(url, FormUrl.Compose("db", Fields, f => values[Array.IndexOf([.. Fields], f)]));
        Assert.Equal(url, FormUrl.Compose("db", Fields, f => FormUrl.Read(url, f.UrlPart!) ?? ""));
        Assert.Equal(user, FormUrl.Read(url, Fields[2].UrlPart!) ?? "");
    }

    [Theory]
    [InlineData("db://backup@10.0.0.1", "10.0.0.1", null, "backup", null)]
    [InlineData("db://db1?user=me&port=7&sslmode=require", "db1", "7", "me", "require")]
    [InlineData("db://me@?host=%2Frun%2Fdb", "/run/db", null, "me", null)]
    [InlineData("db://a:1,b:2", "a:1, b:2", null, null, null)]
    [InlineData("nonsense", "nonsense", null, null, null)]
    [InlineData("", null, null, null, null)]
    public void A_URL_that_was_written_in_another_way_is_taken_apart_too(
        string url,
        string? hosts,
        string? port,
        string? user,
        string? mode
    )
    {
        Assert.Equal([hosts, port, user, mode], Fields.Select(f => FormUrl.Read(url, f.UrlPart!)));
    }

    [Fact]
    public void Options_without_a_field_are_kept()
    {
        const string url = "db://me@db1:1?sslmode=require&application_name=a%20b&flag";
        var others = FormUrl.ReadOtherOptions(url, Fields);
        Assert.Equal(["application_name=a%20b", "flag"], others);
        Assert.Equal(url, FormUrl.Compose("db", Fields, f => FormUrl.Read(url, f.UrlPart!) ?? "", others));
    }

    [Fact]
    public void A_path_is_a_part_too()
    {
        FormField path = new("url", "Folder") { UrlPart = new(FormUrlPartType.Path) };
        var url = FormUrl.Compose("sftp", [.. Fields, path], f => f == path ? "backups/a b"
            : f == Fields[0] ? "host"
            : "");
        Assert.Equal("sftp://host/backups%2Fa%20b", url);
        Assert.Equal("backups/a b", FormUrl.Read(url, path.UrlPart!));
    }
}
