using System.Text;

namespace Holdfast.Archive.Age.Headers;

/// <summary>One entry of an age header: a line of arguments, and a body in Base64.</summary>
/// <param name="Type">First argument: what kind of entry it is.</param>
/// <param name="Arguments">The others.</param>
/// <param name="Body">Any bytes.</param>
internal sealed record Stanza(string Type, string[] Arguments, byte[] Body)
{
    /// <summary>Letters in a full line of a body.</summary>
    public const int LineLength = 64;

    /// <summary>Appends the entry. A body ends with a line that is not full, even if that is empty.</summary>
    public void AppendTo(StringBuilder header)
    {
        header.Append("-> ").Append(Type);
        foreach (var argument in Arguments)
        {
            header.Append(' ').Append(argument);
        }
        header.Append('\n');
        var body = AgeBase64.Encode(Body);
        for (var start = 0; start <= body.Length; start += LineLength)
        {
            header.Append(body.AsSpan(start, Math.Min(LineLength, body.Length - start))).Append('\n');
        }
    }
}
