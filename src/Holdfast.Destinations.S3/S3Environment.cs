using System.Collections.Concurrent;
using System.Net;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Uploads;

namespace Holdfast.Destinations.S3;

/// <summary>What a node offers to its S3 destinations, and what it allows them.</summary>
public sealed record S3Environment
{
    /// <summary>Limits of the requests.</summary>
    public RequestLimits Limits { get; init; } = new();

    /// <summary>
    /// The endpoints for which credentials of the machine may be used: environment variables and the chain that AWS tools search. Host
    /// names; empty for none, <c>*</c> for all.
    /// </summary>
    public IReadOnlyList<string> MachineCredentialsFor { get; init; } = [];

    /// <summary>
    /// Runs a command of the node's configuration and returns what it prints. Fails for a name that is not configured. Default: no command
    /// is configured.
    /// </summary>
    public Func<string, CancellationToken, Task<string>> RunCommand { get; init; } =
        (name, _) =>
            throw new HoldfastException(ErrorCatalog.Usage, $"There is no command '{name}'.", "Add it to commands in holdfast.json.");

    /// <summary>Resolves the names of hosts. Default: as the machine does.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>
    /// Finds what limits the memory of uploads to an address. Default: for each address <see cref="PartMemory.DefaultBytes"/> for all that
    /// share the environment, so that a store that does not respond holds up no uploads to others.
    /// </summary>
    public Func<string, PartMemory> FindPartMemory { get; init; } = CreateFinder();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    private static Func<string, PartMemory> CreateFinder()
    {
        var all = new ConcurrentDictionary<string, PartMemory>(StringComparer.Ordinal);
        return address => all.GetOrAdd(address, _ => new(PartMemory.DefaultBytes));
    }

    internal void CheckAllowed(S3Config config)
    {
        if (config.Credentials is not (S3CredentialSource.Environment or S3CredentialSource.Default))
        {
            return;
        }
        var host = config.Endpoint?.IdnHost ?? "amazonaws.com";
        if (!MachineCredentialsFor.Any(h => h == "*" || h.Equals(host, StringComparison.OrdinalIgnoreCase)))
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"This node does not use its own credentials for '{host}'.",
                $"Give an access key, or add \"{host}\" to machineCredentialsFor in holdfast.json."
            );
        }
    }
}
