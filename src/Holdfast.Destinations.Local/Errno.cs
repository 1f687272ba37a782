namespace Holdfast.Destinations.Local;

/// <summary>Linux error numbers that Holdfast handles.</summary>
internal static class Errno
{
    public const int NotFound = 2;
    public const int InputOutput = 5;
    public const int Again = 11;
    public const int Denied = 13;
    public const int Exists = 17;
    public const int NotFolder = 20;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int TooManyLinks = 40;
    public const int NotImplemented = 38;
    public const int BadMessage = 74; // ext4: a checksum of the file system does not match
    public const int NeedsCleaning = 117; // ext4 and XFS: the file system is damaged
    public const int QuotaExceeded = 122;
}
