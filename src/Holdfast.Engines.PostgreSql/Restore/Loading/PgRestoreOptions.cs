using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>Options of all runs of <c>pg_restore</c> for one restore.</summary>
internal sealed record PgRestoreOptions
{
    /// <summary>The server.</summary>
    public required Server Server { get; init; }

    /// <summary>The role that connects.</summary>
    public required string User { get; init; }

    /// <summary>Name of the database, for errors.</summary>
    public required string Database { get; init; }

    /// <summary>Arguments of every run.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The connection string.</summary>
    public required string ConnectionInfo { get; init; }

    /// <summary>The connection string of runs while rows are being loaded.</summary>
    public required string ConcurrentConnectionInfo { get; init; }

    /// <summary>The file with the password; null if none is needed.</summary>
    public string? PassFile { get; init; }

    /// <summary>Whether objects that cannot be restored are skipped and reported. Default no.</summary>
    public bool ContinueOnError { get; init; }
}
