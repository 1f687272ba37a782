using Holdfast.Core.Operations;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>Progress of a rebuilding of the catalog. Written by it, read concurrently by others.</summary>
internal sealed class CatalogRebuildMeter
{
    private long _activity;

    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly List<string> _problems = [];
    private CatalogRebuildResult _result = new(0, 0, 0, 0, 0);

    /// <summary>Grows with each answer of the destination.</summary>
    public long Activity => Interlocked.Read(ref _activity);

    /// <summary>What was found so far.</summary>
    public CatalogRebuildResult Result
    {
        get
        {
            lock (_gate)
            {
                return _result;
            }
        }
    }

    /// <summary>The first problems, one more than an operation stores.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate)
            {
                return [.. _problems];
            }
        }
    }

    public void RecordActivity() => Interlocked.Increment(ref _activity);

    public void AddProblem(string text)
    {
        lock (_gate)
        {
            _result = _result with { Problems = _result.Problems + 1 };
            if (_problems.Count < Truncation.MaxItems)
            {
                _problems.Add(text);
            }
        }
    }

    public void AddDatabase()
    {
        lock (_gate)
        {
            _result = _result with { Databases = _result.Databases + 1 };
        }
    }

    public void AddArchives(IReadOnlyCollection<CatalogArchive> archives)
    {
        lock (_gate)
        {
            _result = _result with
            {
                Archives = _result.Archives + archives.Count,
                Identified = _result.Identified + archives.Count(a => a.IsRecorded),
                Hashed = _result.Hashed + archives.Count(a => a.Sha256 is not null),
            };
        }
    }
}
