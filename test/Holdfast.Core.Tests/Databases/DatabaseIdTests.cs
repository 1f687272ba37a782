using Holdfast.Core.Databases;
using Holdfast.Core.Errors;

namespace Holdfast.Core.Tests.Databases;

/// <summary>Ids of databases.</summary>
public sealed class DatabaseIdTests
{
    [Theory]
    [InlineData("shop/orders", "shop", "orders")]
    [InlineData("shop/hr/payroll.db", "shop", "hr/payroll.db")]
    [InlineData("shop//x", "shop", "/x")]
    public void The_first_slash_separates_source_and_name(string text, string source, string name)
    {
        var id = DatabaseId.Parse(text);
        Assert.Equal(new(source, name), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop")]
    [InlineData("/orders")]
    [InlineData("shop/")]
    public void An_id_without_a_part_is_refused_with_a_hint(string text)
    {
        var e = Assert.Throws<HoldfastException>(() => DatabaseId.Parse(text));
        Assert.Equal(ErrorCatalog.Usage, e.Error);
        Assert.NotNull(e.Hint);
    }

    [Theory]
    [InlineData("shop", true)]
    [InlineData("9-a_b.c", true)]
    [InlineData("", false)]
    [InlineData(".shop", false)]
    [InlineData("a/b", false)]
    [InlineData("söurce", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    public void A_source_name_is_plain_and_has_at_most_64_characters(string name, bool valid) =>
        Assert.Equal(valid, DatabaseId.IsSourceName(name));
}
