using System.Text;
using System.Text.Json.Serialization;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>A role that a database refers to.</summary>
/// <param name="Name">Its name; a placeholder if the name is not valid UTF-8.</param>
/// <param name="CanLogIn">Whether it has LOGIN.</param>
/// <param name="IsOwner">Whether it owns an object.</param>
/// <param name="IsNamed">Whether it is named in a grant or a policy.</param>
/// <param name="NameBytes">The bytes of the name if it is not valid UTF-8, else null.</param>
internal sealed record RoleReference(string Name, bool CanLogIn, bool IsOwner, bool IsNamed, byte[]? NameBytes = null)
{
    /// <summary>
    /// Whether its name is not valid UTF-8. Archives of earlier versions contain only U+FFFD for the invalid bytes.
    /// </summary>
    [JsonIgnore]
    public bool HasInvalidName => NameBytes is not null || Name.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>
    /// The statement that creates it. A role whose name is not valid UTF-8 has to be created in a database with an
    /// encoding that accepts the name.
    /// </summary>
    [JsonIgnore]
    public string CreateSql =>
        NameBytes is null
            ? $"CREATE ROLE {Sql.QuoteIdentifier(Name)};"
            : $"DO $$ BEGIN EXECUTE format('CREATE ROLE %I', convert_from('\\x{Convert.ToHexStringLower(NameBytes)}', "
                + "'SQL_ASCII')); END $$; "
                + "(in a database with encoding SQL_ASCII or LATIN1)";

    /// <summary>Converts its name to the form that it has inside a database.</summary>
    /// <param name="encoding">How names of that database are decoded.</param>
    public string ToDatabaseEncoding(Encoding encoding) =>
        NameBytes is null ? NameEncoding.ToDatabaseEncoding(Name, encoding) : encoding.GetString(NameBytes);
}
