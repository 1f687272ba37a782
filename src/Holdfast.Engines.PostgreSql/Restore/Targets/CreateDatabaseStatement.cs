using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Metadata;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// The statement that makes a database like one that was backed up. It is the first thing done, so what the target
/// lacks shows before anything is loaded.
/// </summary>
internal static class CreateDatabaseStatement
{
    private const int FirstWithProviders = 15,
        FirstWithRules = 16,
        FirstWithBuiltin = 17;

    /// <summary>Makes it.</summary>
    /// <param name="name">Name of the database.</param>
    /// <param name="around">What the one that was backed up was like.</param>
    /// <param name="owner">The role that is to own it; null for the one that asks.</param>
    /// <param name="server">The target.</param>
    public static string Build(string name, DatabaseMetadata around, string? owner, Server server)
    {
        var sql = new StringBuilder(
            $"CREATE DATABASE {Sql.QuoteIdentifier(name)} TEMPLATE template0 ENCODING {Sql.QuoteLiteral(around.Encoding)} LC_COLLATE "
                + $"{Sql.QuoteLiteral(around.Collate)} LC_CTYPE {Sql.QuoteLiteral(around.CharacterType)}"
        );
        if (owner is not null)
        {
            sql.Append($" OWNER {Sql.QuoteIdentifier(owner)}");
        }
        var (isIcu, isBuiltin) = (around.LocaleProvider == "icu", around.LocaleProvider == "builtin");
        if ((isIcu && server.Major < FirstWithProviders) || (isBuiltin && server.Major < FirstWithBuiltin))
        {
            throw Unsupported(
                around,
                server,
                $"version {server.ShortVersion} does not have the locale provider '{around.LocaleProvider}'",
                null
            );
        }
        if (server.Major >= FirstWithProviders)
        {
            sql.Append($" LOCALE_PROVIDER {(isIcu ? "icu" : isBuiltin ? "builtin" : "libc")}");
        }
        if (isIcu && around.Locale is not null)
        {
            sql.Append($" ICU_LOCALE {Sql.QuoteLiteral(around.Locale)}");
        }
        if (isBuiltin && around.Locale is not null)
        {
            sql.Append($" BUILTIN_LOCALE {Sql.QuoteLiteral(around.Locale)}");
        }
        if (isIcu && around.IcuRules is not null && server.Major >= FirstWithRules)
        {
            sql.Append($" ICU_RULES {Sql.QuoteLiteral(around.IcuRules)}");
        }
        return sql.ToString();
    }

    /// <summary>Tells why it failed.</summary>
    public static HoldfastException TranslateError(PostgresException e, DatabaseMetadata around, string user, Server server) =>
        e.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => new(
                ErrorCatalogue.NotAllowed,
                $"'{user}' may not make the database on {server.Host}: {e.MessageText}",
                $"ALTER ROLE {Sql.QuoteIdentifier(user)} CREATEDB; and make it a member of the role that is to own the database.",
                e
            ),
            // What encodings, locales and combinations of them are refused with; roles too, which the text tells.
            PostgresErrorCodes.UndefinedObject
            or PostgresErrorCodes.InvalidParameterValue
            or PostgresErrorCodes.WrongObjectType
            or PostgresErrorCodes.InvalidObjectDefinition
            or PostgresErrorCodes.FeatureNotSupported
            or PostgresErrorCodes.SyntaxError => Unsupported(around, server, e.MessageText, e),
            _ => ServerErrorTranslator.Translate(e, server.Host.ToString()),
        };

    private static HoldfastException Unsupported(DatabaseMetadata around, Server server, string why, Exception? cause) =>
        new(
            ErrorCatalogue.NotAllowed,
            $"{server.Host} cannot have a database with the encoding '{around.Encoding}' and the locale '{around.Collate}' "
                + $"({around.LocaleProvider}), as '{around.Name}' had: {why}.",
            "Install the locale there (Debian: dpkg-reconfigure locales) and restart the server, or restore to a server that has it.",
            cause
        );
}
