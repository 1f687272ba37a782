using System.Text;

namespace Holdfast.Archive.Age.Headers;

/// <summary>One entry of an age header: a line of arguments, and a body in Base64.</summary>
/// <param name="Type">First argument: the type of the entry.</param>
/// <param name="Arguments">The other arguments.</param>
/// <param name="Body">The body.</param>
internal sealed record Stanza(string Type, string[] Arguments, byte[] Body)
{
    /// <summary>Characters in a full line of a body.</summary>
    public const int LineLength = 64;

    /// <summary>Appends the entry. A body ends with a line that is not full, and may be empty.</summary>
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
