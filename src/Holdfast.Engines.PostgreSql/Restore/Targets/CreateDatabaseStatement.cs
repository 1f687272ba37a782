using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// Builds the statement that creates a database like the backed-up one. It runs first, so that missing locales or
/// encodings show before anything is loaded.
/// </summary>
internal static class CreateDatabaseStatement
{
    private const int FirstWithProviders = 15,
        FirstWithRules = 16,
        FirstWithBuiltin = 17;

    /// <summary>Builds the statement.</summary>
    /// <param name="name">Name of the database.</param>
    /// <param name="metadata">Metadata of the backed-up database.</param>
    /// <param name="owner">The role that will own it; null for the current role.</param>
    /// <param name="server">The target server.</param>
    public static string Build(string name, DatabaseMetadata metadata, string? owner, Server server)
    {
        var sql = new StringBuilder(
            $"CREATE DATABASE {Sql.QuoteIdentifier(name)} TEMPLATE template0 ENCODING {Sql.QuoteLiteral(metadata.Encoding)} LC_COLLATE "
                + $"{Sql.QuoteLiteral(metadata.Collate)} LC_CTYPE {Sql.QuoteLiteral(metadata.CharacterType)}"
        );
        if (owner is not null)
        {
            sql.Append($" OWNER {Sql.QuoteIdentifier(owner)}");
        }
        var (isIcu, isBuiltin) = (metadata.LocaleProvider == "icu", metadata.LocaleProvider == "builtin");
        if ((isIcu && server.Major < FirstWithProviders) || (isBuiltin && server.Major < FirstWithBuiltin))
        {
            throw Unsupported(
                metadata,
                server,
                $"version {server.ShortVersion} does not have the locale provider '{metadata.LocaleProvider}'",
                null
            );
        }
        if (server.Major >= FirstWithProviders)
        {
            sql.Append($" LOCALE_PROVIDER {(isIcu ? "icu" : isBuiltin ? "builtin" : "libc")}");
        }
        if (isIcu && metadata.Locale is not null)
        {
            sql.Append($" ICU_LOCALE {Sql.QuoteLiteral(metadata.Locale)}");
        }
        if (isBuiltin && metadata.Locale is not null)
        {
            sql.Append($" BUILTIN_LOCALE {Sql.QuoteLiteral(metadata.Locale)}");
        }
        if (isIcu && metadata.IcuRules is not null && server.Major >= FirstWithRules)
        {
            sql.Append($" ICU_RULES {Sql.QuoteLiteral(metadata.IcuRules)}");
        }
        return sql.ToString();
    }

    /// <summary>Translates the error of the statement.</summary>
    public static HoldfastException TranslateError(PostgresException e, DatabaseMetadata metadata, string user, Server server) =>
        e.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => new(
                ErrorCatalog.NotAllowed,
                $"'{user}' is not allowed to create the database on {server.Host}: {e.MessageText}",
                $"ALTER ROLE {Sql.QuoteIdentifier(user)} CREATEDB; and make it a member of the role that should own the database.",
                e
            ),
            // The errors for unknown or incompatible encodings and locales, and for unknown roles, which the message
            // names.
            PostgresErrorCodes.UndefinedObject
            or PostgresErrorCodes.InvalidParameterValue
            or PostgresErrorCodes.WrongObjectType
            or PostgresErrorCodes.InvalidObjectDefinition
            or PostgresErrorCodes.FeatureNotSupported
            or PostgresErrorCodes.SyntaxError => Unsupported(metadata, server, e.MessageText, e),
            _ => ServerErrorTranslator.Translate(e, server.Host.ToString()),
        };

    private static HoldfastException Unsupported(DatabaseMetadata metadata, Server server, string reason, Exception? cause) =>
        new(
            ErrorCatalog.NotAllowed,
            $"{server.Host} cannot create a database with the encoding '{metadata.Encoding}' and the locale '{metadata.Collate}' "
                + $"({metadata.LocaleProvider}), as '{metadata.Name}' had: {reason}.",
            "Install the locale there (Debian: dpkg-reconfigure locales) and restart the server, or restore to a server that has it.",
            cause
        );
}
