namespace Holdfast.Core.Encryption;

/// <summary>What a task encrypts its archives with, as the operator chose.</summary>
public enum EncryptionMode
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A key that the server keeps, so that it can restore.</summary>
    Key,

    /// <summary>Public keys only: the server writes archives that it cannot read.</summary>
    Recipients,
}
