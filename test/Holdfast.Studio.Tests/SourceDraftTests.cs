using Holdfast.Studio.Pages.Sources;

namespace Holdfast.Studio.Tests;

/// <summary>The address of a PostgreSQL source, part by part.</summary>
public sealed class SourceDraftTests
{
    [Theory]
    [InlineData("db1", 5432, "holdfast", "prefer", "postgresql://holdfast@db1:5432")]
    [InlineData("db1, db2", 6000, "o'brien@x", "verify-full", "postgresql://o%27brien%40x@db1:6000,db2:6000?sslmode=verify-full")]
    [InlineData("db1:5433, db2:5434", 5432, "holdfast", "require", "postgresql://holdfast@db1:5433,db2:5434?sslmode=require")]
    [InlineData("/run/postgresql", 5432, "holdfast", "prefer", "postgresql://holdfast@/?host=%2Frun%2Fpostgresql&port=5432")]
    public void The_parts_make_an_address_and_an_address_its_parts(string hosts, int port, string user, string sslMode, string url)
    {
        var draft = new SourceDraft
        {
            Name = "main",
            Hosts = hosts,
            Port = port,
            User = user,
            SslMode = sslMode,
            Exclude = "test_*\n\nold ",
            RestoreOwner = " app ",
        };
        Assert.Equal(url, draft.Url);
        Assert.Equal(["test_*", "old"], draft.Request.Exclude);
        Assert.Equal("app", draft.Request.RestoreOwner);
        var read = SourceDraft.Of("main", new(url, true, [], ["test_*", "old"], "app"));
        Assert.Equal((url, user, sslMode, "test_*\nold", "app"), (read.Url, read.User, read.SslMode, read.Exclude, read.RestoreOwner));
        Assert.Null(read.Password);
        Assert.Null(read.Request.Restore);
    }

    [Fact]
    public void The_role_for_restores_goes_with_its_password_and_comes_back_without()
    {
        var draft = new SourceDraft
        {
            Name = "main",
            Hosts = "db1",
            RestoreUser = " restorer ",
            RestorePassword = "secret",
        };
        Assert.Equal(("restorer", "secret"), (draft.Request.Restore?.User, draft.Request.Restore?.Password));
        var read = SourceDraft.Of("main", new(draft.Url, true, [], [], null) { Restore = new("restorer", true) });
        Assert.Equal(("restorer", null), (read.RestoreUser, read.RestorePassword));
    }

    [Fact]
    public void An_address_that_a_program_wrote_is_taken_apart_too()
    {
        var read = SourceDraft.Of("main", new("postgres://backup@10.0.0.1", false, [], [], null));
        Assert.Equal(
            ("10.0.0.1", 5432, "backup", "prefer", "postgresql://backup@10.0.0.1:5432"),
            (read.Hosts, read.Port, read.User, read.SslMode, read.Url)
        );
    }
}
