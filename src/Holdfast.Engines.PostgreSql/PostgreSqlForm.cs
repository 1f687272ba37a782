using System.Globalization;
using Holdfast.Core.Kinds;

namespace Holdfast.Engines.PostgreSql;

/// <summary>The form that defines a PostgreSQL server over the API.</summary>
internal static class PostgreSqlForm
{
    private const string Url = "url";
    private const string RestoreUser = "restore.user";

    public static FormDescription Description { get; } =
        new(
            "Add a PostgreSQL server",
            [
                new(Url, "Servers")
                {
                    UrlPart = new(FormUrlPartType.Hosts),
                    Placeholder = "db1, db2",
                    Help = "A primary and its standbys, separated by commas. Backups run on a standby.",
                    IsRequired = true,
                    IsLocation = true,
                },
                new(Url, "Port", FormFieldType.Number)
                {
                    UrlPart = new(FormUrlPartType.Port),
                    Default = PostgreSqlHost.DefaultPort.ToString(CultureInfo.InvariantCulture),
                    Min = 1,
                    Max = 65_535,
                },
                new(Url, "User")
                {
                    UrlPart = new(FormUrlPartType.User),
                    Default = "holdfast",
                    IsRequired = true,
                },
                new("password", "Password", FormFieldType.Secret),
                new(Url, "Encrypt the connection", FormFieldType.Choice)
                {
                    UrlPart = new(FormUrlPartType.Option, "sslmode"),
                    Default = "prefer",
                    Choices =
                    [
                        new("prefer", "If the server supports it; verify nothing"),
                        new("require", "Always; verify nothing"),
                        new("verify-ca", "Always; verify the certificate"),
                        new("verify-full", "Always; verify the certificate and the host name"),
                        new("disable", "Never"),
                    ],
                },
                new("exclude", "Excluded databases", FormFieldType.List) { Help = "Names or globs, one per line." },
                new(RestoreUser, "User for restores")
                {
                    Help = "A role without privileges: code in a restored database runs as this role. Default: the user above.",
                },
                new("restore.password", "Password for restores", FormFieldType.Secret) { Condition = new(RestoreUser) },
                new("restoreOwner", "Owner of restored databases")
                {
                    Section = FormSection.Advanced,
                    Help = "A role. Default: the user for restores followed by _owner, or the user above if there is none.",
                },
            ]
        )
        {
            Text =
                "Holdfast discovers every database of the server, and server-wide tasks cover it. Backups are logical; an incremental "
                + "backup reads the whole database and stores what has changed.",
            UrlScheme = "postgresql",
        };
}
