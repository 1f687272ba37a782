using Holdfast.Destinations.Contract;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The contract at a store.</summary>
public abstract class StubContract(S3StubOptions options, bool isAws) : DestinationContract
{
    private S3Stub? _stub;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _stub!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override async ValueTask<IDestination> OpenAsync()
    {
        _stub = await S3Stub.StartAsync(options);
        return await StubDestinations.OpenAsync(StubDestinations.Config(_stub, mode: isAws ? S3Mode.Aws : S3Mode.Auto));
    }
}

/// <summary>The contract at a store that behaves as AWS does.</summary>
public sealed class AwsContractTests() : StubContract(S3StubOptions.Aws, isAws: true);

/// <summary>The contract at a store that demands equal parts.</summary>
public sealed class R2ContractTests() : StubContract(S3StubOptions.R2, isAws: false);

/// <summary>The contract at a store without conditions and checksum headers.</summary>
public sealed class GcsContractTests() : StubContract(S3StubOptions.Gcs, isAws: false);

/// <summary>The contract at a store that ignores much of what it is sent.</summary>
public sealed class HostileContractTests() : StubContract(S3StubOptions.Hostile, isAws: false);
