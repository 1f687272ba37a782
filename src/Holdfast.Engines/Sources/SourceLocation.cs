using Holdfast.Engines.Restores;

namespace Holdfast.Engines.Sources;

/// <summary>A source, or a database in it, as the command line names it.</summary>
public sealed record SourceLocation
{
    /// <summary>The location itself: a directory or a URL.</summary>
    public required string Location { get; init; }

    /// <summary>Name of the source. Default <see cref="SourceConfig.DefaultName"/>.</summary>
    public string Name { get; init; } = SourceConfig.DefaultName;

    /// <summary>Globs of the names of databases that do not count.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Globs of the names of encrypted files.</summary>
    public IReadOnlyList<string> Encrypted { get; init; } = [];

    /// <summary>Gives the password of a server's user; null for none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>How a server restores.</summary>
    public RestoreRoleOptions Restore { get; init; } = new();
}
