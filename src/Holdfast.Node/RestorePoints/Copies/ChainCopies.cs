using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>
/// Which copies of a chain a restore has used, and which have failed: a destination that does not respond is not asked again for the next
/// file, and a damaged file is not read twice. One per restore. Thread-safe.
/// </summary>
/// <param name="log">Receives what happens, for users. Called without a lock, possibly concurrently.</param>
internal sealed class ChainCopies(Action<string> log)
{
    // Guards all fields below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private readonly List<CopyFailure> _failures = [];
    private readonly List<RestorePointLocation> _used = [];
    private int _recorded; // number of failures that were taken

    /// <summary>What has failed so far, in order.</summary>
    public IReadOnlyList<CopyFailure> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>The locations from which something was read, in the order of their first use.</summary>
    public IReadOnlyList<RestorePointLocation> Used
    {
        get
        {
            lock (_gate)
            {
                return [.. _used];
            }
        }
    }

    /// <summary>The locations whose copy of a file has not failed, in the given order.</summary>
    public IReadOnlyList<RestorePointLocation> FindRemaining(IReadOnlyList<RestorePointLocation> locations, string path)
    {
        lock (_gate)
        {
            return [.. locations.Where(l => !_failures.Exists(f => ReferenceEquals(f.Location, l) && (f.Path is null || f.Path == path)))];
        }
    }

    /// <summary>Records that a file is read from a location.</summary>
    public void AddUse(RestorePointLocation location)
    {
        bool isOther;
        lock (_gate)
        {
            if (_used.Exists(u => ReferenceEquals(u, location)))
            {
                return;
            }
            _used.Add(location);
            isOther = _failures.Count > 0;
        }
        if (isOther)
        {
            log($"reading goes on from '{location.Name}'");
        }
    }

    /// <summary>Records that a file could not be read at a location. If it does not respond, that holds for all its files.</summary>
    public void AddFailure(RestorePointLocation location, string path, HoldfastException problem) =>
        Add(new(location, problem.IsDamage || problem.Error == ErrorCatalog.NotFound ? path : null, problem));

    /// <summary>Records that the restore point could not be read at a location, unless that is known by its files already.</summary>
    /// <returns>Whether it was new.</returns>
    public bool TryAddFailure(RestorePointLocation location, HoldfastException problem)
    {
        if (Failures.Any(f => f.Problem == problem))
        {
            return false;
        }
        Add(new(location, null, problem));
        return true;
    }

    /// <summary>Takes the failures of files since the last call, for the catalog.</summary>
    public IReadOnlyList<CopyFailure> TakeUnrecorded()
    {
        lock (_gate)
        {
            var taken = _failures[_recorded..].Where(f => f.Path is not null).ToList();
            _recorded = _failures.Count;
            return taken;
        }
    }

    /// <summary>The problems by the name of their location, each once.</summary>
    public IReadOnlyList<(string Name, string Message)> Describe() =>
        [.. Failures.Select(f => (f.Location.Name, f.Problem.Message)).Distinct()];

    /// <summary>The error if all locations have failed.</summary>
    /// <param name="last">The last failure, which it is if there was only one location.</param>
    public HoldfastException CreateError(HoldfastException last)
    {
        var problems = Describe();
        return problems.Select(p => p.Name).Distinct(StringComparer.Ordinal).Count() < 2
            ? last
            : new(
                last.Error,
                $"No destination has a copy that can be read. {string.Join(' ', problems.Select(p => $"'{p.Name}': {p.Message}"))}",
                last.Hint,
                last
            );
    }

    private void Add(CopyFailure failure)
    {
        lock (_gate)
        {
            _failures.Add(failure);
        }
        log($"'{failure.Location.Name}' cannot be used{(failure.Path is null ? "" : $" for {failure.Path}")}: {failure.Problem.Message}");
    }
}
