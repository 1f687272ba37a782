using System.Text.Json;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Makes a database from a dump.</summary>
internal sealed class PostgreSqlRestoreTarget(PostgreSqlSourceConfig config, Connector connector, ToolFinder tools, TargetRole role, NewDatabase made, RestoreRequest request) : IRestoreTarget
{
    private const int MostAroundBytes = 16 << 20;

    // What is written becomes lasting with the statement that gives the database its name.
    private const string LoadOptions = "-c synchronous_commit=off";

    // While rows are loaded, the processors are at work: to share the building of one index among them costs more than it gains.
    private const string BesideRowsOptions = LoadOptions + " -c max_parallel_maintenance_workers=0";

    private readonly List<string> _warnings = [];
    private bool _loaded;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var names = items.Items.Where(i => i.Kind == ItemKind.Stream).Select(i => i.Name).Order(StringComparer.Ordinal).ToList();
        if (items.Items.Count != 2 || !names.SequenceEqual([PostgreSqlView.DumpItem, PostgreSqlView.AroundItem]))
            throw Refused($"it holds {string.Join(", ", items.Items.Select(i => $"'{i.Name}'"))}");
        var around = await ReadAroundAsync(items, cancellationToken);
        try
        {
            CheckVersion(around);
            var needed = RestoreList.Needed(around, role, config.Restore);
            var withRoles = role;
            if (config.Restore.MissingRoles == MissingRoles.Create && needed.Count > 0)
            {
                await made.MakeRolesAsync(needed, cancellationToken);
                withRoles = role with { All = role.All.Concat(needed).ToHashSet(StringComparer.Ordinal) };
                _warnings.Add($"These roles were made, without the right to log in: {string.Join(", ", needed.Select(n => $"'{n}'"))}.");
            }

            await made.MakeAsync(around, config.Restore.Owner ?? (config.Restore.KeepOwners ? around.Owner : null), cancellationToken);
            await LoadAsync(items, around, withRoles, cancellationToken);
            _loaded = true;
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"'{request.Name}' on {made.Server.Host}");
        }
    }

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (!_loaded) throw new InvalidOperationException("Nothing was loaded.");
        await made.CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => made.DisposeAsync();

    private static HoldfastException Refused(string what) =>
        new(ErrorCatalogue.Refused, $"The archive is no PostgreSQL backup of Holdfast: {what}.", "Do not trust where it came from.");

    private static async Task<Surroundings> ReadAroundAsync(IItemSource items, CancellationToken cancellationToken)
    {
        using var json = new MemoryStream();
        await items.CopyStreamAsync(
            PostgreSqlView.AroundItem,
            (bytes, _) =>
            {
                if (json.Length + bytes.Length > MostAroundBytes) throw Refused($"'{PostgreSqlView.AroundItem}' has more than {MostAroundBytes} bytes");
                json.Write(bytes.Span);
                return default;
            },
            cancellationToken);
        try
        {
            var around = JsonSerializer.Deserialize(json.GetBuffer().AsSpan(0, (int)json.Length), AroundJson.Default.Surroundings);
            return around ?? throw Refused($"'{PostgreSqlView.AroundItem}' is empty");
        }
        catch (JsonException e)
        {
            throw Refused($"'{PostgreSqlView.AroundItem}' cannot be read: {e.Message}");
        }
    }

    private void CheckVersion(Surroundings around)
    {
        if (!int.TryParse(around.ServerVersion.Split('.')[0], out var major)) throw Refused($"it is of a version '{around.ServerVersion}'");
        if (major > made.Server.Major)
            throw new HoldfastException(ErrorCatalogue.NotAllowed, $"'{around.Name}' was backed up from PostgreSQL {around.ServerVersion}, and {made.Server.Host} has {made.Server.ShortVersion}: what the newer one has, the older one cannot take.", $"Restore to a server of version {major} or newer.");
    }

    private async Task LoadAsync(IItemSource items, Surroundings around, TargetRole withRoles, CancellationToken cancellationToken)
    {
        using var folder = PrivateFolder.Make(config.TemporaryFolder);
        var passFile = await Pass.FileAsync(config, connector, folder, cancellationToken);
        var list = new RestoreList(withRoles, around);
        var runs = new RestoreRuns(tools, made.Server, request.Name, [.. await ArgumentsAsync(around, cancellationToken)], (Connection(LoadOptions), Connection(BesideRowsOptions)), passFile, folder);
        var jobs = Math.Clamp(config.Restore.Jobs, 1, 64);
        var rows = new RowLoad(token => connector.ConnectAsync(made.Server.Host, made.TemporaryName, token), config.Restore.Owner, $"'{request.Name}' on {made.Server.Host}", jobs);
        await using var load = new DumpLoad(runs, list, made.Keeper, rows, jobs);
        await items.CopyStreamAsync(PostgreSqlView.DumpItem, load.TakeAsync, cancellationToken);
        await load.EndRowsAsync(cancellationToken);
        Fingerprint.Check(load.Dump, request.Fingerprint);
        await load.CheckAsync(cancellationToken);
        await load.FinishAsync(cancellationToken);
        var properties = new DatabaseProperties(made.Maintenance, made.TemporaryName, withRoles);
        await properties.ApplyAsync(around, cancellationToken);
        if (runs.Tool.Warning is { } warning) _warnings.Add(warning);
        _warnings.AddRange([.. list.Warnings, .. properties.Warnings, .. await ExtensionsAsync(cancellationToken)]);
    }

    private string Connection(string options) => ConnectionInfo.For(config, made.Server.Host, made.TemporaryName, options);

    private async Task<IEnumerable<string>> ArgumentsAsync(Surroundings around, CancellationToken cancellationToken)
    {
        List<string> arguments = ["--no-password"];
        if (!config.Restore.KeepOwners) arguments.Add("--no-owner");
        if (config.Restore.Owner is not null) arguments.Add($"--role={config.Restore.Owner}");
        if (around.Tablespaces.Count == 0) return arguments;
        var present = await made.Maintenance.QueryAsync("SELECT spcname FROM pg_tablespace", r => r.GetString(0), cancellationToken);
        if (around.Tablespaces.Except(present).ToList() is not { Count: > 0 } lacking) return arguments;
        arguments.Add("--no-tablespaces");
        _warnings.Add($"All lies in the default tablespace: the target does not have {string.Join(", ", lacking.Select(t => $"'{t}'"))}.");
        return arguments;
    }

    private async Task<IEnumerable<string>> ExtensionsAsync(CancellationToken cancellationToken)
    {
        if (!request.Fingerprint.TryGetValue(Fingerprint.Extensions, out var backedUp)) return [];
        var here = string.Join(", ", await SurroundingsReader.ExtensionsAsync(made.Keeper, cancellationToken));
        return here == backedUp ? [] : [$"The extensions are {here} here; they were {backedUp}."];
    }
}
