using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql;

/// <summary>How one database is backed up, decided when its view is opened.</summary>
internal sealed record PostgreSqlViewPlan
{
    /// <summary>The source.</summary>
    public required PostgreSqlSourceConfig Config { get; init; }

    /// <summary>Gives the password.</summary>
    public required Connector Connector { get; init; }

    /// <summary>Where it is read.</summary>
    public required Server Server { get; init; }

    /// <summary>Name of the database.</summary>
    public required string Database { get; init; }

    /// <summary>The program that dumps it.</summary>
    public required Tool Tool { get; init; }

    /// <summary>Name of the snapshot that the open transaction has exported.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Roughly how many bytes the dump will have.</summary>
    public required long ExpectedBytes { get; init; }

    /// <summary>The type that was asked for.</summary>
    public required BackupType Asked { get; init; }

    /// <summary>What the operator should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Told why reading failed.</summary>
    public required Action<HoldfastException> Ended { get; init; }
}
