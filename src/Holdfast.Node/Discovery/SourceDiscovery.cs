using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Discovers one source: checks its identity, lists its databases, and assigns an identity to a source that has none.
/// </summary>
/// <param name="attached">The source.</param>
/// <param name="contents">The databases of the source.</param>
/// <param name="identities">The known identities of sources.</param>
/// <param name="update">Updates the status of the source; called without a lock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SourceDiscovery(
    AttachedSource attached,
    SourceDatabases contents,
    SourceIdentities identities,
    Action<Func<SourceStatus, SourceStatus>> update,
    ILogger logger
)
{
    private readonly ILogger _logger = logger;
    private volatile bool _hasTriedToIdentify;

    /// <summary>Makes the next discovery try again to assign an identity, because an operator has confirmed the source.</summary>
    public void ResetIdentification() => _hasTriedToIdentify = false;

    /// <summary>Discovers the source once. Must not run concurrently. May also throw whatever the source throws.</summary>
    /// <exception cref="HoldfastException">The source cannot be read, or is not the known one of its name.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var info = await attached.Source.DescribeAsync(cancellationToken);
        update(s => s with { Identity = info.Identity, Location = info.Location });
        var match = identities.Check(attached.Name, info);
        if (match == SourceIdentityMatch.Mismatch)
        {
            throw contents.RejectIdentity(info);
        }
        var found = await DiscoverAsync(cancellationToken);
        var missing = contents.Apply(found, match, info);
        update(s => s with { Databases = found.Count, SkippedFiles = attached.Source.SkippedFiles });
        if (missing == 0)
        {
            await IdentifyAsync(match, info, found.Count, cancellationToken);
        }
    }

    private async Task<Dictionary<string, DiscoveredDatabase>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DiscoveredDatabase>(StringComparer.Ordinal);
        var odd = new List<DiscoveredDatabase>();
        await foreach (var database in attached.Source.DiscoverAsync(cancellationToken))
        {
            if (DatabaseId.IsDatabaseName(database.Name))
            {
                found[database.Name] = database;
            }
            else
            {
                odd.Add(database);
            }
        }

        foreach (var database in odd)
        {
            AddUnderPlaceholderName(database, found);
        }
        await ExplainAsync(found, cancellationToken);
        return found;
    }

    // A database whose name cannot be stored is listed under another one, so that it does not go unnoticed.
    private static void AddUnderPlaceholderName(DiscoveredDatabase database, Dictionary<string, DiscoveredDatabase> found)
    {
        var name = PlaceholderName.Create(database.Name);
        while (found.ContainsKey(name))
        {
            name += "~"; // another database has this name
        }
        var problem = database.Problem
            ?? new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The name of this database is not valid text, or has more than {DatabaseId.MaxNameBytes} bytes; it is listed as '{name}'.",
                "Rename it, or exclude it."
            );
        found[name] = database with { Name = name, Problem = problem };
    }

    // A database that was not found but whose file still exists was not dropped.
    private async Task ExplainAsync(Dictionary<string, DiscoveredDatabase> found, CancellationToken cancellationToken)
    {
        var absent = contents
            .GetKnownRecords()
            .Values.Where(r => r.Dropped is null && !found.ContainsKey(r.Id.Name))
            .ToDictionary(r => r.Id.Name, StringComparer.Ordinal);
        if (absent.Count == 0)
        {
            return;
        }
        foreach (var (name, problem) in await attached.Source.ExplainAbsenceAsync(absent.Keys, cancellationToken))
        {
            if (!absent.TryGetValue(name, out var record))
            {
                continue;
            }
            var encryption = Enum.TryParse<EncryptionState>(record.Encryption, out var known) ? known : EncryptionState.No;
            found[name] = new(name, 0, encryption) { Identity = record.Identity, Problem = problem };
        }
    }

    private async Task IdentifyAsync(SourceIdentityMatch match, SourceInfo info, int databases, CancellationToken cancellationToken)
    {
        // The file system of an empty directory may not be mounted yet.
        if (info.Identity is null && databases == 0)
        {
            return;
        }
        if (info.Identity is not null)
        {
            contents.Adopt(info.Identity, info.Location);
            return;
        }

        if (info.Location is null)
        {
            return; // it has none or does not report it; the known one is kept
        }
        if (!_hasTriedToIdentify)
        {
            _hasTriedToIdentify = true;
            var identity = identities.CreateIdentity(attached.Name);
            if (await attached.Source.AssignIdentityAsync(identity, cancellationToken))
            {
                _hasTriedToIdentify = false; // in case it is lost again
                contents.Adopt(identity, info.Location);
                update(s => s with { Identity = identity });
                LogIdentified(attached.Name, identity);
                return;
            }
        }

        if (match != SourceIdentityMatch.IdentityLost)
        {
            contents.Adopt(null, info.Location);
        }
    }

    [LoggerMessage(EventId = 5207, Level = LogLevel.Information, Message = "Source {Source} was given the identity {Identity}")]
    private partial void LogIdentified(string source, string identity);
}
