using System.Text;
using CsCheck;
using Holdfast.Core.Layout;

namespace Holdfast.Core.Tests.Layout;

/// <summary>Folder names: safe for file systems, object stores and shells, and never the same for two databases.</summary>
public sealed class FolderNameTests
{
    // Similar names: few characters, many of them special.
    private static readonly Gen<string> Names = Gen.OneOf(
        Gen.String[Gen.Char["aAbB.-~%/\\ \n\0*é"], 0, 12],
        Gen.String[Gen.Char["aA/."], 150, 260],
        Gen.String[Gen.Char['\u0001', '\uD7FF'], 0, 100]
    );

    [Theory]
    [InlineData("orders.db", "orders.db")]
    [InlineData("a_b-c+d=e@f,g", "a_b-c+d=e@f,g")]
    [InlineData("hr/payroll.db", "hr%2Fpayroll.db")]
    [InlineData("", "%")]
    [InlineData(".", "%2E")]
    [InlineData("..", "%2E%2E")]
    [InlineData("...", "%2E.%2E")]
    [InlineData("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd")]
    [InlineData(".hidden", "%2Ehidden")]
    [InlineData("-rf", "%2Drf")]
    [InlineData("ends.", "ends%2E")]
    [InlineData("100%", "100%25")]
    [InlineData("two\nlines", "two%0Alines")]
    [InlineData("nul\0", "nul%00")]
    [InlineData("a b", "a%20b")]
    [InlineData("tilde~1", "tilde%7E1")]
    [InlineData("é", "%C3%A9")]
    [InlineData("データ", "%E3%83%87%E3%83%BC%E3%82%BF")]
    public void A_name_is_encoded_as_the_format_says(string name, string folder) => Assert.Equal(folder, FolderName.Encode(name));

    [Theory]
    [InlineData("hr/payroll.db")]
    [InlineData("Orders/Über 100%~1.db")]
    [InlineData("..")]
    [InlineData("")]
    public void A_folder_name_is_decoded_for_display(string name) => Assert.Equal(name, FolderName.Decode(FolderName.Encode(name)));

    [Fact]
    public void A_folder_of_a_long_name_decodes_to_its_beginning()
    {
        var name = new string('n', 300);
        var read = FolderName.Decode(FolderName.Encode(name));
        Assert.EndsWith("…", read, StringComparison.Ordinal);
        Assert.StartsWith(read[..^1], name, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_differ_only_in_case_have_folders_that_differ_on_case_insensitive_file_systems()
    {
        Assert.StartsWith("Orders.db~", FolderName.Encode("Orders.db"), StringComparison.Ordinal);
        Assert.Equal(
            3,
            new[] { "orders.db", "Orders.db", "ORDERS.DB" }.Select(n => FolderName.Encode(n).ToLowerInvariant()).Distinct().Count()
        );
    }

    [Theory]
    [InlineData(180, 180)]
    [InlineData(181, 180)]
    [InlineData(200, 180)]
    [InlineData(4000, 180)]
    public void A_long_name_is_truncated_to_180_bytes_and_made_unique_by_a_hash(int length, int expected)
    {
        var folder = FolderName.Encode(new('x', length));
        Assert.Equal(expected, folder.Length);
        Assert.Equal(length > FolderName.MaxBytes, folder.Contains('~', StringComparison.Ordinal));
        Assert.NotEqual(folder, FolderName.Encode(new string('x', length - 1) + "y"));
    }

    [Fact]
    public void A_name_that_only_its_encoding_makes_too_long_is_truncated_too() =>
        Assert.Equal(180, FolderName.Encode(new('é', 100)).Length);

    [Fact]
    public void Every_folder_is_a_plain_name_of_at_most_180_bytes() =>
        Names.Sample(name =>
        {
            var folder = FolderName.Encode(name);
            return folder.Length is >= 1 and <= FolderName.MaxBytes
                && folder[0] is not ('.' or '-')
                && folder[^1] != '.'
                && folder.All(c => char.IsAsciiLetterOrDigit(c) || "._-+=@,%~".Contains(c, StringComparison.Ordinal));
        });

    [Fact]
    public void Two_names_never_share_a_folder_even_if_case_is_ignored() =>
        Gen.Select(Names, Names)
            .Sample((a, b) => a == b || !string.Equals(FolderName.Encode(a), FolderName.Encode(b), StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void A_name_without_a_hash_is_decoded_exactly() =>
        Names.Sample(name =>
        {
            var folder = FolderName.Encode(name);
            return folder.Contains('~', StringComparison.Ordinal)
                || folder == "%"
                || Uri.UnescapeDataString(folder) == name
                || new UTF8Encoding(false).GetByteCount(name) == 0;
        });
}
