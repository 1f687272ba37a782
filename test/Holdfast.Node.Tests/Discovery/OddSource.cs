using System.Runtime.CompilerServices;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Node.Tests.Discovery;

/// <summary>A source that does whatever a test wants: throws, hangs, cancels by itself, or changes its identity.</summary>
internal sealed class OddSource(string name) : IDatabaseSource
{
    public string Name => name;

    /// <summary>The URL in its definition.</summary>
    public string? Address { get; init; }

    /// <summary>Returns the password that it would connect with.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>The role that runs restores.</summary>
    public string? RestoreUser { get; init; }

    /// <summary>Returns the password of that role.</summary>
    public Func<CancellationToken, ValueTask<string?>>? RestorePassword { get; init; }

    /// <summary>The databases that discovery finds.</summary>
    public List<DiscoveredDatabase> Databases { get; set; } = [];

    /// <summary>Thrown by discovery; null for none.</summary>
    public Exception? Throws { get; set; }

    /// <summary>Discovery waits for it, whatever is cancelled.</summary>
    public Task Hang { get; set; } = Task.CompletedTask;

    /// <summary>Thrown by the removal of leftovers; null for none.</summary>
    public Exception? ThrowsCleaning { get; set; }

    public string? Identity { get; set; }

    public string? Place { get; set; }

    /// <summary>Whether it stores an identity that it is assigned.</summary>
    public bool KeepsIdentity { get; set; }

    /// <summary>Problems of files that are no longer listed as databases, by name.</summary>
    public Dictionary<string, HoldfastException> Explained { get; } = [];

    public int Discoveries { get; private set; }

    public int Cleaned { get; private set; }

    public bool IsDisposed { get; private set; }

    public void Has(params string[] names) => Databases = [.. names.Select(n => new DiscoveredDatabase(n, 4096, EncryptionState.No))];

    public async Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        Discoveries++;
        await Hang;
        return Throws is null ? new(Identity, "1", DatabaseRole.Primary) { Location = Place } : throw Throws;
    }

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var database in Databases)
        {
            yield return database;
        }
    }

    public Task<bool> AssignIdentityAsync(string identity, CancellationToken cancellationToken)
    {
        if (KeepsIdentity)
        {
            Identity = identity;
        }
        return Task.FromResult(KeepsIdentity);
    }

    public Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyDictionary<string, HoldfastException>>(Explained.Where(e => names.Contains(e.Key)).ToDictionary());

    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        if (ThrowsCleaning is { } failure)
        {
            throw failure;
        }
        Cleaned++;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }
}
