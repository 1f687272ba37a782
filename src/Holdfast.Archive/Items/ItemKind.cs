namespace Holdfast.Archive.Items;

/// <summary>How an item is stored.</summary>
public enum ItemKind
{
    /// <summary>Numbered parts, joined in order.</summary>
    Stream,

    /// <summary>Pages of one size.</summary>
    Image,
}
