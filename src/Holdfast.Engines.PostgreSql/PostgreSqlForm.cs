using Holdfast.Core.Settings;

namespace Holdfast.Engines.PostgreSql;

/// <summary>The fields that a PostgreSQL server is defined with over the API, as a page asks for them.</summary>
internal static class PostgreSqlForm
{
    public static IReadOnlyList<FormField> Fields { get; } =
    [
        new("hosts", "Servers")
        {
            Placeholder = "db1, db2",
            Help = "A primary and its standbys divided by commas: backups run on a standby.",
            IsRequired = true,
        },
        new("port", "Port", FormFieldType.Number) { Default = "5432" },
        new("user", "User") { Default = "holdfast", IsRequired = true },
        new("password", "Password", FormFieldType.Secret),
        new("sslmode", "Encrypt the connection", FormFieldType.Choice)
        {
            Default = "prefer",
            Choices =
            [
                new("prefer", "Where offered; checks nothing"),
                new("require", "Always; checks nothing"),
                new("verify-ca", "Always; checks the certificate"),
                new("verify-full", "Always; checks certificate and name"),
                new("disable", "Never"),
            ],
        },
        new("exclude", "Databases that do not count", FormFieldType.Lines) { Help = "Names or globs, one on each line" },
        new("restore.user", "User for restores")
        {
            Help = "A role without rights: code of the database that is restored runs as this one. Empty: the user above",
        },
        new("restore.password", "Password for restores", FormFieldType.Secret),
        new("restoreOwner", "Owner of what is restored")
        {
            Help =
                "A role. Empty: the one that is named like the user for restores with _owner behind it, or without one the " + "user above",
        },
    ];
}
