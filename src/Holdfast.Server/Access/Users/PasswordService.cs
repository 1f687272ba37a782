using System.Security.Cryptography;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Identity;

namespace Holdfast.Server.Access.Users;

/// <summary>Hashes and checks passwords.</summary>
/// <param name="hasher">PBKDF2 with SHA-512; how often it iterates is set where the server is composed.</param>
internal sealed class PasswordService(IPasswordHasher<User> hasher)
{
    public const int MinLength = 12;
    public const int MaxLength = 1024;

    // What a sign-in of a name that nobody has is checked against, so that its time does not tell.
    private readonly Lazy<string> _dummyHash = new(() => hasher.HashPassword(null!, Generate()));

    /// <summary>A password to be used once: 144 random bits.</summary>
    public static string Generate() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)).Replace('+', '-').Replace('/', '_');

    /// <summary>What is wrong with a new password.</summary>
    public static IReadOnlyList<ValidationError> Validate(string field, string? password, string user) =>
        password switch
        {
            null or { Length: < MinLength } => [new(field, "The password is too short.", $"Use at least {MinLength} characters.")],
            { Length: > MaxLength } => [new(field, "The password is too long.", $"Use at most {MaxLength} characters.")],
            _ when password.Contains(user, StringComparison.OrdinalIgnoreCase) && password.Length - user.Length < MinLength / 2 =>
            [
                new(field, "The password is little more than the user's name.", "Choose another."),
            ],
            _ => [],
        };

    public string Hash(string password) => hasher.HashPassword(null!, password);

    /// <summary>Whether the password is that of the user; null for a user that there is not.</summary>
    public bool Verify(User? user, string password)
    {
        if (password.Length > MaxLength)
        {
            return false;
        }
        var result = hasher.VerifyHashedPassword(null!, user?.PasswordHash ?? _dummyHash.Value, password);
        return user is not null && result != PasswordVerificationResult.Failed;
    }
}
