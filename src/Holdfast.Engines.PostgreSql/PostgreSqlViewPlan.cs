using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;

namespace Holdfast.Engines.PostgreSql;

/// <summary>How one database is backed up, decided when its view is opened.</summary>
internal sealed record PostgreSqlViewPlan
{
    /// <summary>Where it is read.</summary>
    public required Server Server { get; init; }

    /// <summary>Completes what it needs from outside with what the dump tells.</summary>
    public required Func<DumpHeader, CancellationToken, Task<DatabaseMetadata>> CompleteMetadataAsync { get; init; }

    /// <summary>Roughly how many bytes the dump will have.</summary>
    public required long ExpectedBytes { get; init; }

    /// <summary>The type that was asked for.</summary>
    public required BackupType RequestedType { get; init; }

    /// <summary>What the operator should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Told why reading failed.</summary>
    public required Action<HoldfastException> OnFailure { get; init; }
}
