using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql;

/// <summary>How one database is backed up, decided when its view is opened.</summary>
internal sealed record PostgreSqlViewPlan
{
    /// <summary>Where it is read.</summary>
    public required Server Server { get; init; }

    /// <summary>Completes what it needs from outside with what the dump tells.</summary>
    public required Func<DumpHead, CancellationToken, Task<Surroundings>> CompleteAsync { get; init; }

    /// <summary>Roughly how many bytes the dump will have.</summary>
    public required long ExpectedBytes { get; init; }

    /// <summary>The type that was asked for.</summary>
    public required BackupType Asked { get; init; }

    /// <summary>What the operator should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Told why reading failed.</summary>
    public required Action<HoldfastException> Ended { get; init; }
}
