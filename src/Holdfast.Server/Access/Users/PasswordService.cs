using System.Security.Cryptography;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Identity;

namespace Holdfast.Server.Access.Users;

/// <summary>Hashes and checks passwords.</summary>
/// <param name="hasher">PBKDF2 with SHA-512; its number of iterations is set where the server is composed.</param>
internal sealed class PasswordService(IPasswordHasher<User> hasher)
{
    public const int MinLength = 12;
    public const int MaxLength = 1024;

    // Sign-ins with an unknown name are checked against this hash, so that the response time does not reveal whether it exists.
    private readonly Lazy<string> _dummyHash = new(() => hasher.HashPassword(null!, Generate()));

    /// <summary>Creates a one-time password of 144 random bits.</summary>
    public static string Generate() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)).Replace('+', '-').Replace('/', '_');

    /// <summary>Validates a new password.</summary>
    public static IReadOnlyList<ValidationError> Validate(string field, string? password, string user) =>
        password switch
        {
            null or { Length: < MinLength } => [new(field, "The password is too short.", $"Use at least {MinLength} characters.")],
            { Length: > MaxLength } => [new(field, "The password is too long.", $"Use at most {MaxLength} characters.")],
            _ when password.Contains(user, StringComparison.OrdinalIgnoreCase) && password.Length - user.Length < MinLength / 2 =>
            [
                new(field, "The password is too similar to the name of the user.", "Choose another one."),
            ],
            _ => [],
        };

    public string Hash(string password) => hasher.HashPassword(null!, password);

    /// <summary>Whether the password is that of the user. Null stands for a user that does not exist.</summary>
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
