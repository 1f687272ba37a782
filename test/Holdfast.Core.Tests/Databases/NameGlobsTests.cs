using Holdfast.Core.Databases;

namespace Holdfast.Core.Tests.Databases;

/// <summary>Globs over names of databases.</summary>
public sealed class NameGlobsTests
{
    [Theory]
    [InlineData("*.db", "orders.db", true)]
    [InlineData("*.db", "hr/payroll.db", true)] // without a slash: in any folder
    [InlineData("*.db", "orders.sqlite", false)]
    [InlineData("hr/*", "hr/payroll.db", true)]
    [InlineData("hr/*", "hr/old/payroll.db", false)]
    [InlineData("hr/*", "branch/hr/payroll.db", false)]
    [InlineData("hr/**", "hr/old/payroll.db", true)]
    [InlineData("hr/**", "hr", false)]
    [InlineData("**/payroll.db", "payroll.db", true)]
    [InlineData("**/payroll.db", "a/b/payroll.db", true)]
    [InlineData("a/**/z.db", "a/z.db", true)]
    [InlineData("a/**/z.db", "a/b/c/z.db", true)]
    [InlineData("a/**/z.db", "ab/z.db", false)]
    [InlineData("/orders.db", "orders.db", true)]
    [InlineData("/orders.db", "old/orders.db", false)]
    [InlineData("t?.db", "t1.db", true)]
    [InlineData("t?.db", "t.db", false)]
    [InlineData("a?b", "a/b", false)]
    [InlineData("*.*", "orders", false)]
    [InlineData("orders.db", "Orders.db", false)] // names are case-sensitive
    [InlineData("a.b", "axb", false)] // a dot is literal
    [InlineData("[ab].db", "a.db", false)] // brackets are literal
    [InlineData("[ab].db", "[ab].db", true)]
    [InlineData("*", "two\nlines", true)]
    [InlineData("a", "a\n", false)]
    public void A_glob_matches_as_documented(string glob, string name, bool matches) =>
        Assert.Equal(matches, new NameGlobs([glob]).Matches(name));

    [Fact]
    public void Any_of_several_globs_matches()
    {
        var globs = new NameGlobs(["*.db", "x/*"]);
        Assert.True(globs.Matches("a.db"));
        Assert.True(globs.Matches("x/y"));
        Assert.False(globs.Matches("z/y"));
        Assert.False(globs.IsEmpty);
    }

    [Fact]
    public void No_globs_match_nothing()
    {
        Assert.True(new NameGlobs([]).IsEmpty);
        Assert.False(new NameGlobs([]).Matches(""));
    }

    [Fact]
    public void A_glob_with_catastrophic_backtracking_elsewhere_is_matched_fast() =>
        Assert.False(new NameGlobs([string.Concat(Enumerable.Repeat("*a", 50))]).Matches(new string('a', 2000) + "b"));
}
