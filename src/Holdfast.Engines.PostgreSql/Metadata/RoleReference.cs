using System.Text;
using System.Text.Json.Serialization;
using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>A role that a database names.</summary>
/// <param name="Name">Its name; a stand-in where that is no valid UTF-8.</param>
/// <param name="CanLogIn">Whether it may log in.</param>
/// <param name="IsOwner">Whether it owns something.</param>
/// <param name="IsNamed">Whether it stands in a grant or a policy.</param>
/// <param name="NameBytes">The name where it is no valid UTF-8, else null.</param>
internal sealed record RoleReference(string Name, bool CanLogIn, bool IsOwner, bool IsNamed, byte[]? NameBytes = null)
{
    /// <summary>Whether its name is no valid UTF-8. Earlier versions kept no more of it than that.</summary>
    [JsonIgnore]
    public bool IsNoText => NameBytes is not null || Name.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>The statement that makes it. One whose name is no text is made in a database that takes it for one.</summary>
    [JsonIgnore]
    public string Creation =>
        NameBytes is null
            ? $"CREATE ROLE {Sql.QuoteIdentifier(Name)};"
            : $"DO $$ BEGIN EXECUTE format('CREATE ROLE %I', convert_from('\\x{Convert.ToHexStringLower(NameBytes)}', "
                + "'SQL_ASCII')); END $$; "
                + "(in a database in SQL_ASCII or LATIN1)";

    /// <summary>Its name as it stands inside a database.</summary>
    /// <param name="encoding">How names of that database are read.</param>
    public string ToDatabaseEncoding(Encoding encoding) =>
        NameBytes is null ? NameEncoding.ToDatabaseEncoding(Name, encoding) : encoding.GetString(NameBytes);
}
