using System.Text;
using Holdfast.Core.Databases;

namespace Holdfast.Core.Tests.Databases;

public sealed class PlaceholderNameTests
{
    [Fact]
    public void Valid_text_stays_readable_and_the_rest_is_escaped()
    {
        Assert.StartsWith(
            "größe caf%E9%FF.db~",
            PlaceholderName.Create([.. "größe caf"u8, 0xE9, 0xFF, .. ".db"u8]),
            StringComparison.Ordinal
        );
        Assert.StartsWith("a%0Ab~", PlaceholderName.Create("a\nb"u8), StringComparison.Ordinal);
        Assert.StartsWith("half %D83D~", PlaceholderName.Create("half \uD83D"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_placeholder_is_deterministic_and_unique_and_never_too_long()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 256; i++)
        {
            byte[] name = [(byte)'x', (byte)i, 0xFF];
            Assert.True(names.Add(PlaceholderName.Create(name)));
            Assert.Equal(PlaceholderName.Create(name), PlaceholderName.Create([.. name]));
        }

        foreach (var name in (string[])[new('x', 100_000), new('\u0001', 5000), new('€', 5000), "", "\uDC00"])
        {
            var standIn = PlaceholderName.Create(name);
            Assert.InRange(Encoding.UTF8.GetByteCount(standIn), 9, PlaceholderName.MaxBytes);
            Assert.True(DatabaseId.IsDatabaseName(standIn));
        }
    }

    [Fact]
    public void A_name_is_valid_if_it_is_text_and_not_too_long()
    {
        Assert.True(DatabaseId.IsDatabaseName("a\nb \uFFFD 🐘"));
        Assert.True(DatabaseId.IsDatabaseName(new('x', DatabaseId.MaxNameBytes)));
        Assert.False(DatabaseId.IsDatabaseName(new('x', DatabaseId.MaxNameBytes + 1)));
        Assert.False(DatabaseId.IsDatabaseName(new('é', (DatabaseId.MaxNameBytes / 2) + 1)));
        Assert.False(DatabaseId.IsDatabaseName("\uD800"));
        Assert.False(DatabaseId.IsDatabaseName(""));
    }
}
