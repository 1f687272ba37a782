using System.Text.Json.Nodes;
using Holdfast.Core.Kinds;
using Holdfast.Studio.Kinds;

namespace Holdfast.Studio.Tests;

/// <summary>What is entered in a form of a kind, and the definition that it makes.</summary>
public sealed class KindFormValuesTests
{
    private static readonly FormField Hosts = new("url", "Servers") { UrlPart = new(FormUrlPartType.Hosts) };
    private static readonly FormField User = new("url", "User") { UrlPart = new(FormUrlPartType.User), Default = "holdfast" };
    private static readonly FormField Mode = new("url", "Encrypt", FormFieldType.Choice)
    {
        UrlPart = new(FormUrlPartType.Option, "sslmode"),
        Default = "prefer",
    };
    private static readonly FormField Password = new("password", "Password", FormFieldType.Secret);
    private static readonly FormField Exclude = new("exclude", "Excluded", FormFieldType.List);
    private static readonly FormField Jobs = new("jobs", "Jobs", FormFieldType.Number) { Default = "2" };
    private static readonly FormField Links = new("links", "Follow links", FormFieldType.Boolean);
    private static readonly FormField RestoreUser = new("restore.user", "User for restores");
    private static readonly FormField RestorePassword = new("restore.password", "Its password", FormFieldType.Secret)
    {
        Condition = new("restore.user"),
    };

    private static readonly FormDescription Form = new(
        "Add a server",
        [Hosts, User, Mode, Password, Exclude, Jobs, Links, RestoreUser, RestorePassword]
    )
    {
        UrlScheme = "db",
    };

    [Fact]
    public void A_new_definition_has_the_defaults_and_leaves_out_what_is_empty()
    {
        var values = new KindFormValues(Form) { [Hosts] = " db1 " };
        Equal("""{ "url": "db://holdfast@db1", "jobs": 2 }""", values.ToDefinition());
    }

    [Fact]
    public void A_boolean_without_a_default_that_is_left_open_stays_so()
    {
        var values = KindFormValues.From(Form, JsonNode.Parse("""{ "url": "db://db1", "jobs": 2 }""")!.AsObject());
        Equal("""{ "url": "db://db1", "jobs": 2 }""", values.ToDefinition());
        values[Links] = "false";
        Equal("""{ "url": "db://db1", "jobs": 2, "links": false }""", values.ToDefinition());
    }

    [Fact]
    public void Each_type_has_its_JSON_value()
    {
        var values = new KindFormValues(Form)
        {
            [Hosts] = "db1, db2",
            [User] = "o'brien",
            [Mode] = "require",
            [Password] = " secret ",
            [Exclude] = "test_*\n\n old ",
            [Jobs] = "4",
            [Links] = "true",
            [RestoreUser] = "restorer",
            [RestorePassword] = "other",
        };
        Equal(
            """
            {
              "url": "db://o%27brien@db1,db2?sslmode=require",
              "password": " secret ",
              "exclude": ["test_*", "old"],
              "jobs": 4,
              "links": true,
              "restore": { "user": "restorer", "password": "other" }
            }
            """,
            values.ToDefinition()
        );
        values.ClearSecrets();
        Assert.Equal(("", ""), (values[Password], values[RestorePassword]));
    }

    [Fact]
    public void A_stored_definition_is_read_and_written_again_without_its_secrets()
    {
        const string Stored = """
            {
              "url": "db://me@db1:1,db2:2?application_name=x",
              "hasPassword": true,
              "exclude": ["a", "b"],
              "jobs": 8,
              "links": true,
              "restore": { "user": "restorer", "hasPassword": false }
            }
            """;
        var values = KindFormValues.From(Form, JsonNode.Parse(Stored)!.AsObject());
        Assert.Equal(("db1:1, db2:2", "me", "prefer", "a\nb"), (values[Hosts], values[User], values[Mode], values[Exclude]));
        Assert.Equal((true, false), (values.HasStoredSecret(Password), values.HasStoredSecret(RestorePassword)));
        Equal(
            """
            {
              "url": "db://me@db1:1,db2:2?application_name=x",
              "exclude": ["a", "b"],
              "jobs": 8,
              "links": true,
              "restore": { "user": "restorer" }
            }
            """,
            values.ToDefinition()
        );
    }

    [Fact]
    public void A_field_whose_condition_is_not_met_is_neither_shown_nor_sent()
    {
        var values = new KindFormValues(Form) { [RestorePassword] = "secret" };
        Assert.False(values.IsVisible(RestorePassword));
        Assert.Null(values.ToDefinition()["restore"]);
        values[RestoreUser] = "restorer";
        Assert.True(values.IsVisible(RestorePassword));
    }

    [Fact]
    public void A_condition_can_ask_for_one_value()
    {
        FormField credentials = new("credentials", "Credentials", FormFieldType.Choice) { Default = "keys" };
        FormField key = new("accessKey", "Access key") { Condition = new("credentials", "keys") };
        FormField secret = new("secretKey", "Secret key", FormFieldType.Secret) { Condition = new("accessKey") };
        var values = new KindFormValues(new("Add a bucket", [credentials, key, secret])) { [key] = "AK" };
        Assert.True(values.IsVisible(secret));
        values[credentials] = "environment";
        Assert.Equal((false, false), (values.IsVisible(key), values.IsVisible(secret)));
        Equal("""{ "credentials": "environment" }""", values.ToDefinition());
    }

    [Fact]
    public void Errors_of_a_URL_are_shown_at_the_first_field_that_enters_a_part_of_it()
    {
        var values = new KindFormValues(Form);
        Assert.Equal((true, false, true), (values.ShowsErrors(Hosts), values.ShowsErrors(User), values.ShowsErrors(Password)));
    }

    private static void Equal(string expected, JsonObject definition) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), definition), definition.ToJsonString());
}
