using System.Reflection;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Tests.Errors;

/// <summary>Exit codes are a contract: scripts rely on them.</summary>
public sealed class ErrorCatalogTests
{
    private static readonly IReadOnlyList<Error> All =
    [
        .. typeof(ErrorCatalog).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<Error>(),
    ];

    [Theory]
    [InlineData("unexpected", 1)]
    [InlineData("usage", 2)]
    [InlineData("not-found", 3)]
    [InlineData("key-missing", 4)]
    [InlineData("key-wrong", 4)]
    [InlineData("corrupt", 5)]
    [InlineData("unreadable", 5)]
    [InlineData("truncated", 5)]
    [InlineData("chain-incomplete", 5)]
    [InlineData("refused-content", 5)]
    [InlineData("restore-role-changed", 1)]
    [InlineData("restore-incomplete", 1)]
    [InlineData("target-exists", 6)]
    [InlineData("source-unreadable", 7)]
    [InlineData("source-locked", 7)]
    [InlineData("source-not-as-sql", 7)]
    [InlineData("source-conflict", 7)]
    [InlineData("source-reader-ended", 7)]
    [InlineData("source-identity", 7)]
    [InlineData("source-shrunk", 7)]
    [InlineData("source-silent", 7)]
    [InlineData("destination-failed", 8)]
    [InlineData("destination-full", 8)]
    [InlineData("destination-identity", 8)]
    [InlineData("destination-throttled", 8)]
    [InlineData("destination-denied", 8)]
    [InlineData("destination-locked", 8)]
    [InlineData("destination-cold", 8)]
    [InlineData("destination-unverified", 8)]
    [InlineData("conflict", 1)]
    [InlineData("not-allowed", 1)]
    [InlineData("sign-in-needed", 1)]
    [InlineData("forbidden", 1)]
    [InlineData("too-many-attempts", 1)]
    [InlineData("state-unavailable", 1)]
    [InlineData("state-full", 1)]
    [InlineData("aborted", 1)]
    [InlineData("interrupted", 1)]
    [InlineData("no-progress", 1)]
    [InlineData("ambiguous", 2)]
    [InlineData("server-unreachable", 1)]
    public void A_kind_of_failure_has_its_exit_code(string code, int exitCode) =>
        Assert.Equal(exitCode, Assert.Single(All, e => e.Code == code).ExitCode);

    [Theory]
    [InlineData("destination-failed", 502)]
    [InlineData("destination-full", 507)]
    [InlineData("destination-identity", 409)]
    [InlineData("destination-throttled", 503)]
    [InlineData("destination-denied", 502)]
    [InlineData("destination-locked", 409)]
    [InlineData("destination-cold", 409)]
    [InlineData("destination-unverified", 502)]
    public void A_failure_of_a_destination_has_its_status_code(string code, int status) =>
        Assert.Equal(status, Assert.Single(All, e => e.Code == code).HttpStatus);

    [Fact]
    public void Every_kind_of_failure_is_in_the_list_above() =>
        Assert.Equal(
            All.Count,
            GetType().GetMethod(nameof(A_kind_of_failure_has_its_exit_code))!.GetCustomAttributes<InlineDataAttribute>().Count()
        );

    [Fact]
    public void Every_kind_of_failure_is_found_by_its_code()
    {
        Assert.All(All, e => Assert.Same(e, ErrorCatalog.Find(e.Code)));
        Assert.Same(ErrorCatalog.Unexpected, ErrorCatalog.Find("of-tomorrow"));
    }

    [Fact]
    public void Codes_are_kebab_case_and_differ()
    {
        Assert.All(All, e => Assert.Matches("^[a-z]+(-[a-z]+)*$", e.Code));
        Assert.Distinct(All.Select(e => e.Code));
    }

    [Fact]
    public void Exit_codes_are_1_to_8_and_status_codes_are_errors() =>
        Assert.All(All, e => Assert.True(e.ExitCode is >= 1 and <= 8 && e.HttpStatus is >= 400 and <= 599));
}
