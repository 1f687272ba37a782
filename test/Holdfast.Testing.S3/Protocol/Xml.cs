using System.Globalization;
using System.Xml.Linq;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>The XML of requests and answers.</summary>
internal static class Xml
{
    public static XNamespace Namespace { get; } = "http://s3.amazonaws.com/doc/2006-03-01/";

    public static string Write(XElement root) => new XDeclaration("1.0", "UTF-8", null) + "\n" + Qualify(root);

    public static string Error(string code, string message, DateTimeOffset now) =>
        Write(
            new(
                "Error",
                new XElement("Code", code),
                new XElement("Message", message),
                new XElement("ServerTime", Time(now)),
                new XElement("RequestId", "stub")
            )
        );

    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The elements of a name anywhere in a document, whatever its namespace.</summary>
    public static IEnumerable<XElement> Find(byte[] body, string name)
    {
        using var stream = new MemoryStream(body);
        return [.. XDocument.Load(stream).Descendants().Where(e => e.Name.LocalName == name)];
    }

    /// <summary>The text of a child; empty if there is none.</summary>
    public static string Child(XElement element, string name) =>
        element.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value ?? "";

    private static XElement Qualify(XElement root)
    {
        foreach (var element in root.DescendantsAndSelf())
        {
            element.Name = root.Name.LocalName == "Error" ? element.Name : Namespace + element.Name.LocalName;
        }
        return root;
    }
}
