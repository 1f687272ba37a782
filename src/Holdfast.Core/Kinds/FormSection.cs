namespace Holdfast.Core.Kinds;

/// <summary>Parts of a form.</summary>
public enum FormSection
{
    /// <summary>Always visible.</summary>
    Basic,

    /// <summary>Collapsed until the user opens it: most definitions keep the defaults.</summary>
    Advanced,
}
