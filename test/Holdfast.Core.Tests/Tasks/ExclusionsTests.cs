using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Tasks;

/// <summary>Databases that a template excludes.</summary>
public sealed class ExclusionsTests
{
    [Theory]
    [InlineData("shop/orders", "shop/orders", true)]
    [InlineData("SHOP/Orders", "shop/orders", true)]
    [InlineData("shop/orders", "shop/ORDERS", true)]
    [InlineData("shop/orders", "shop/orders2", false)]
    [InlineData("shop/orders", "depot/orders", false)]
    [InlineData("shop/tmp*", "shop/tmp1.db", true)]
    [InlineData("shop/TMP*", "shop/tmp1.db", true)]
    [InlineData("shop/tmp*", "shop/hr/tmp1.db", false)]
    [InlineData("shop/**", "shop/hr/payroll.db", true)]
    [InlineData("shop/*", "shop/hr/payroll.db", false)]
    [InlineData("*/orders", "depot/orders", true)]
    [InlineData("*.tmp", "shop/hr/x.tmp", true)]
    [InlineData("shop/t?.db", "shop/t1.db", true)]
    [InlineData("orders", "shop/orders", false)] // a name without a source is not an id, and a glob has a star or a question mark
    public void An_exclusion_is_an_id_or_a_glob_and_case_insensitive(string exclusion, string database, bool excluded) =>
        Assert.Equal(excluded, new Exclusions([exclusion]).Contains(DatabaseId.Parse(database)));

    [Fact]
    public void A_database_that_does_not_exist_yet_can_be_excluded()
    {
        var exclusions = new Exclusions(["shop/planned", "later/*"]);
        Assert.False(exclusions.Contains(new("shop", "orders")));
        Assert.True(exclusions.Contains(new("shop", "planned")));
        Assert.True(exclusions.Contains(new("later", "anything")));
    }

    [Fact]
    public void No_exclusions_exclude_nothing() => Assert.False(new Exclusions([]).Contains(new("shop", "orders")));

    [Fact]
    public void A_database_with_a_star_in_its_name_can_be_excluded_by_name()
    {
        Assert.True(new Exclusions(["shop/a*b"]).Contains(new("shop", "a*b")));
        Assert.True(new Exclusions(["shop/a*b"]).Contains(new("shop", "axb")));
    }

    [Fact]
    public void A_thousand_exclusions_over_ten_thousand_databases_are_fast()
    {
        var exclusions = new Exclusions([.. Enumerable.Range(0, 995).Select(i => $"shop/db{i}"), "a/*", "b/*", "c/**", "*.tmp", "shop/x?"]);
        Assert.Equal(995, Enumerable.Range(0, 10_000).Count(i => exclusions.Contains(new("shop", $"db{i}"))));
    }
}
