using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>Looks at one source: whether it is the one that is known, and what is there. Gives it an identity where it has none.</summary>
/// <param name="attached">The source.</param>
/// <param name="contents">Takes what is found.</param>
/// <param name="identities">What is known of each source, by its name.</param>
/// <param name="update">Changes the status of the source.</param>
/// <param name="logger">Told when it was given an identity.</param>
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

    /// <summary>Whether it may be given an identity is tried again: an operator has taken it as it is.</summary>
    public void ResetIdentification() => _hasTriedToIdentify = false;

    /// <summary>Looks once; one at a time.</summary>
    /// <exception cref="HoldfastException">It cannot be read, or is another one. It may throw anything else.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var info = await attached.Source.DescribeAsync(cancellationToken);
        update(s => s with { Identity = info.Identity, Location = info.Location });
        var verdict = identities.Check(attached.Name, info);
        if (verdict == SourceIdentityMatch.Mismatch)
        {
            throw contents.RejectIdentity(info);
        }
        var found = await DiscoverAsync(cancellationToken);
        var missing = contents.Apply(found, verdict, info);
        update(s => s with { Databases = found.Count, SkippedFiles = attached.Source.SkippedFiles });
        if (missing == 0)
        {
            await IdentifyAsync(verdict, info, found.Count, cancellationToken);
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

    // One that cannot be stored under its name is listed under another: none is passed over without a word.
    private static void AddUnderPlaceholderName(DiscoveredDatabase database, Dictionary<string, DiscoveredDatabase> found)
    {
        var name = PlaceholderName.Create(database.Name);
        while (found.ContainsKey(name))
        {
            name += "~"; // somebody has made one of this name
        }
        var problem = database.Problem
            ?? new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"The name of this database is no text, or has more than {DatabaseId.MaxNameBytes} bytes; it is listed as '{name}'.",
                "Give it another name, or exclude it."
            );
        found[name] = database with { Name = name, Problem = problem };
    }

    // A database that was there, and whose file is there still, is no dropped one.
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

    private async Task IdentifyAsync(SourceIdentityMatch verdict, SourceInfo info, int databases, CancellationToken cancellationToken)
    {
        // An empty directory may be one whose file system is not mounted yet.
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
            return; // it has none, or does not tell; what was known stands
        }
        if (!_hasTriedToIdentify)
        {
            _hasTriedToIdentify = true;
            var identity = identities.CreateIdentity(attached.Name);
            if (await attached.Source.AssignIdentityAsync(identity, cancellationToken))
            {
                _hasTriedToIdentify = false; // should it be lost again
                contents.Adopt(identity, info.Location);
                update(s => s with { Identity = identity });
                LogIdentified(attached.Name, identity);
                return;
            }
        }

        if (verdict != SourceIdentityMatch.IdentityLost)
        {
            contents.Adopt(null, info.Location);
        }
    }

    [LoggerMessage(EventId = 5207, Level = LogLevel.Information, Message = "Source {Source} was given the identity {Identity}")]
    private partial void LogIdentified(string source, string identity);
}
