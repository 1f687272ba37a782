namespace Holdfast.Core.Settings;

/// <summary>Input types of form fields.</summary>
public enum FormFieldType
{
    /// <summary>A line of text.</summary>
    Text,

    /// <summary>A line of text that is hidden while it is entered, and never shown again.</summary>
    Secret,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>One of several values.</summary>
    Choice,

    /// <summary>Several texts, one on each line.</summary>
    Lines,

    /// <summary>A folder of the server's machine.</summary>
    Folder,
}
