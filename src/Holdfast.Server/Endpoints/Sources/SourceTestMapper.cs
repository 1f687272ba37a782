using Holdfast.Api.Sources;
using Holdfast.Core.Operations;
using Holdfast.Engines.Sources;

namespace Holdfast.Server.Endpoints.Sources;

/// <summary>Converts the result of a connection test to its view.</summary>
internal static class SourceTestMapper
{
    public static SourceTestView ToView(ConnectionTestResult test) =>
        new()
        {
            Version = test.Info?.Version,
            Role = test.Info?.Role.ToString(),
            Databases = test.Databases,
            Problems = [.. test.Problems.Select(OperationError.From)],
            Notes = [.. test.Notes.Select(OperationError.From)],
        };
}
