namespace Holdfast.Core.Kinds;

/// <summary>Types of form fields. The JSON value is a string unless stated otherwise.</summary>
public enum FormFieldType
{
    /// <summary>A line of text.</summary>
    Text,

    /// <summary>
    /// A text that is write-only: the server seals it and never returns it. Next to a member <c>password</c>, the stored definition has
    /// <c>hasPassword</c>, true if a secret is stored. Left out, the stored secret is kept.
    /// </summary>
    Secret,

    /// <summary>A whole number; a JSON number.</summary>
    Number,

    /// <summary>A duration in whole seconds; a JSON number.</summary>
    Duration,

    /// <summary>Yes or no; a JSON boolean. Without a default it can also be left open: the server then decides.</summary>
    Boolean,

    /// <summary>One of several values.</summary>
    Choice,

    /// <summary>Several texts, one per line; a JSON array of strings.</summary>
    List,

    /// <summary>A path of the server's machine.</summary>
    Path,

    /// <summary>A URL.</summary>
    Url,

    /// <summary>Several lines of text.</summary>
    Multiline,
}
