namespace Holdfast.Core.Encryption;

/// <summary>The encryption that the operator chose for a task's archives.</summary>
public enum EncryptionMode
{
    /// <summary>No encryption.</summary>
    None,

    /// <summary>A key that the server stores, so that it can restore.</summary>
    Key,

    /// <summary>Public keys only: the server cannot read the archives that it writes.</summary>
    Recipients,
}
