using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;

namespace Holdfast.Engines.PostgreSql;

/// <summary>How a database is backed up, decided when its view is opened.</summary>
internal sealed record PostgreSqlViewPlan
{
    /// <summary>The server that it is read from.</summary>
    public required Server Server { get; init; }

    /// <summary>Completes the metadata with what the dump shows.</summary>
    public required Func<DumpHeader, CancellationToken, Task<DatabaseMetadata>> CompleteMetadataAsync { get; init; }

    /// <summary>Estimated length of the dump in bytes.</summary>
    public required long ExpectedBytes { get; init; }

    /// <summary>The requested type.</summary>
    public required BackupType RequestedType { get; init; }

    /// <summary>Warnings for the operator.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Called when reading fails.</summary>
    public required Action<HoldfastException> OnFailure { get; init; }
}
