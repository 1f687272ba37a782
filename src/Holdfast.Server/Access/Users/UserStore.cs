using System.Security.Cryptography;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Server.Access.Users;

/// <summary>The users. Any change of a user ends all sessions of that user at once.</summary>
internal sealed class UserStore(IStateStore store, StateMirror<User> users, PasswordService passwords, TimeProvider time)
{
    public const string Prefix = "users/";

    public StateMirror<User> Users => users;

    public StateItem<User>? Find(string name) => users.Find(UserName.Normalize(name));

    /// <summary>Whether a user still has the initial password.</summary>
    public bool HasFirstPassword => users.Items.Any(u => u.Value.HasFirstPassword);

    public User New(string name, Role role, string password) =>
        new()
        {
            Name = UserName.Normalize(name),
            Role = role,
            PasswordHash = passwords.Hash(password),
            Stamp = NewStamp(),
            MustChangePassword = true,
            Created = time.GetUtcNow(),
        };

    /// <summary>Returns the user with another password.</summary>
    public User WithPassword(User user, string password, bool mustChange) =>
        user with
        {
            PasswordHash = passwords.Hash(password),
            MustChangePassword = mustChange,
            HasFirstPassword = false,
        };

    /// <summary>Stores a user with a new stamp.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/>, or <see cref="ErrorCatalog.NotAllowed"/> if no administrator would
    /// remain.
    /// </exception>
    public async Task<StateItem<User>> PutAsync(User user, long? expected, CancellationToken cancellationToken)
    {
        user = user with { Stamp = NewStamp() };
        var revision = await CommitAsync(
            user.Name,
            users.CreateChange(user.Name, user),
            expected,
            user is { Role: Role.Admin, Disabled: false },
            cancellationToken
        );
        return new(user.Name, user, revision);
    }

    /// <summary>Deletes a user.</summary>
    /// <exception cref="HoldfastException">As <see cref="PutAsync"/>, and <see cref="ErrorCatalog.NotFound"/>.</exception>
    public async Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        var item = Find(name)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"There is no user '{name}'.", "List them with: GET /api/v1/users");
        await CommitAsync(item.Key, new(Prefix + item.Key, null), expected ?? item.Revision, staysAdmin: false, cancellationToken);
    }

    private async Task<long> CommitAsync(
        string key,
        StateChange change,
        long? expected,
        bool staysAdmin,
        CancellationToken cancellationToken
    )
    {
        var conditions = new List<StateCondition>();
        if (expected is not null)
        {
            conditions.Add(new(Prefix + key, expected.Value));
        }
        if (!staysAdmin && users.Find(key) is { Value: { Role: Role.Admin, Disabled: false } })
        {
            // The other administrator must remain one until this is stored; otherwise two administrators could remove each other.
            var other = users.Items.FirstOrDefault(u =>
                u.Key != key && u.Value is { Role: Role.Admin, Disabled: false, MustChangePassword: false }
            )
                ?? throw new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"'{key}' is the only administrator who can sign in.",
                    "Create another administrator first, who must have chosen a password."
                );
            conditions.Add(new(Prefix + other.Key, other.Revision));
        }

        var commit = await store.CommitAsync(new() { Conditions = conditions, Changes = [change] }, cancellationToken);
        if (!commit.Applied)
        {
            throw new HoldfastException(
                ErrorCatalog.Conflict,
                $"'{key}' was changed by somebody else after it was read.",
                "Read it again, and repeat the change if it is still right."
            );
        }
        await users.WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    private static string NewStamp() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
}
