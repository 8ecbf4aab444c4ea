using Microsoft.AspNetCore.Identity;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Identity;

internal static class Roles
{
    public const string Enterprise = "enterprise";
    public const string County = "county";
    public const string Regulator = "regulator";
    public const string Operator = "operator";
    public const string Administrator = "administrator";
    public static readonly string[] All = [Enterprise, County, Regulator, Operator, Administrator];
}

/// <param name="Participant">Id of the organisation the user acts for; null for who acts for none.</param>
internal sealed record User(string Name, string Role, string? Participant);

internal sealed class Users(NpgsqlDataSource database, IClock clock, PasswordDesk passwords)
{
    private const int FailuresMost = 8;
    private const int PasswordLeast = 12;
    private const int PasswordMost = 256;
    private static readonly Duration LockedFor = Duration.FromMinutes(5);
    private static readonly PasswordHasher<string> Hasher = new();
    /// <summary>Checked for names that are not there, so that both answers take the same time.</summary>
    private static readonly string NobodysHash = Hasher.HashPassword("nobody", "nobody's password");

    /// <summary>As <see cref="SignIn"/>, for what came from outside: words that cannot be a name or a password are not looked up.</summary>
    public Task<User?> SignInCarefully(string name, string password, CancellationToken stop) =>
        name.Length is 0 or > 64 || password.Length is 0 or > PasswordMost || name.Contains('\0', StringComparison.Ordinal) ? Task.FromResult<User?>(null) : SignIn(name, password, stop);

    /// <summary>The user as it is now; null where there is none.</summary>
    public async Task<User?> Find(string name, CancellationToken stop)
    {
        await using var select = Command("select role, participant from gateway.users where name = $1", name);
        await using var row = await select.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? new(name, row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)) : null;
    }

    /// <summary>True once for each authorization code.</summary>
    public async Task<bool> Spend(string code, CancellationToken stop)
    {
        await using var spend = Command(
            "with old as (delete from gateway.spent_codes where spent_at < clock_timestamp() - interval '1 hour') insert into gateway.spent_codes (id) values ($1) on conflict do nothing", code);
        return await spend.ExecuteNonQueryAsync(stop) == 1;
    }

    /// <summary>Null where name and password do not go together, or after too many failures.</summary>
    /// <exception cref="RefusedException">SLOW_DOWN: too many sign in at this moment, all together or with this name.</exception>
    public async Task<User?> SignIn(string name, string password, CancellationToken stop)
    {
        using var place = passwords.Enter(name);
        var now = clock.GetCurrentInstant();
        await using var select = Command("select password_hash, role, participant, locked_until from gateway.users where name = $1", name);
        var (hash, user, locked) = (NobodysHash, (User?)null, false);
        await using (var row = await select.ExecuteReaderAsync(stop))
        {
            if (await row.ReadAsync(stop))
            {
                hash = row.GetString(0);
                user = new(name, row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2));
                locked = !row.IsDBNull(3) && Instant.FromDateTimeUtc(row.GetDateTime(3)) > now;
            }
        }

        var right = await passwords.Hash(() => Hasher.VerifyHashedPassword(name, hash, password), stop) != PasswordVerificationResult.Failed;
        if (user is null || locked) return null;
        await using var note = right
            ? Command("update gateway.users set failed = 0, locked_until = null where name = $1 and (failed > 0 or locked_until is not null)", name)
            // A lock that has ended is forgotten, and counting begins anew.
            : Command(
                """
                update gateway.users set failed = case when locked_until <= $4 then 1 else failed + 1 end,
                    locked_until = case when locked_until <= $4 then null when failed + 1 >= $2 then $3 else locked_until end where name = $1
                """,
                name, FailuresMost, (now + LockedFor).ToDateTimeUtc(), now.ToDateTimeUtc());
        await note.ExecuteNonQueryAsync(stop);
        return right ? user : null;
    }

    /// <summary>What <see cref="Add"/> would refuse now; null: nothing.</summary>
    public async Task<Refused?> Judge(User user, CancellationToken stop) =>
        Particulars(user) ?? (await Find(user.Name, stop) is { } known && known != user ? Refused.Because("USER_EXISTS", null).With("name", user.Name) : null);

    /// <summary>The same rule at every door: null, or why it cannot be a password.</summary>
    public static Refused? Password(string password) => password.Length is < PasswordLeast or > PasswordMost
        ? Refused.Because("PASSWORD_TOO_SHORT", null, ("least", PasswordLeast)) : null;

    private static Refused? Particulars(User user)
    {
        if (user.Name is not { Length: >= 1 and <= 64 } || !user.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')) return Refused.Because("USER_INVALID", null).With("name", user.Name);
        if (!Roles.All.Contains(user.Role, StringComparer.Ordinal)) return Refused.Because("USER_INVALID", null).With("role", user.Role);
        // Who trades does so for somebody; who watches, orders or carries out does it for nobody.
        var trades = user.Role is Roles.Enterprise or Roles.County;
        return trades == user.Participant is null ? Refused.Because("USER_INVALID", null).With("participant", user.Participant ?? "") : null;
    }

    /// <summary>Adds a user; the same name again with the same role and organisation changes nothing, else USER_EXISTS.</summary>
    public async Task<Refused?> Add(User user, string password, CancellationToken stop)
    {
        if (Particulars(user) is { } wrong) return wrong;
        var hash = await passwords.Hash(() => Hasher.HashPassword(user.Name, password), stop);
        await using var insert = Command("insert into gateway.users (name, password_hash, role, participant) values ($1, $2, $3, $4) on conflict do nothing",
            user.Name, hash, user.Role, (object?)user.Participant ?? DBNull.Value);
        if (await insert.ExecuteNonQueryAsync(stop) == 1) return null;
        await using var same = Command("select 1 from gateway.users where name = $1 and role = $2 and participant is not distinct from $3", user.Name, user.Role, (object?)user.Participant ?? DBNull.Value);
        return await same.ExecuteScalarAsync(stop) is null ? Refused.Because("USER_EXISTS", null).With("name", user.Name) : null;
    }

    /// <returns>False: there is no such user.</returns>
    public async Task<bool> SetPassword(string name, string password, CancellationToken stop)
    {
        var hash = await passwords.Hash(() => Hasher.HashPassword(name, password), stop);
        await using var update = Command("update gateway.users set password_hash = $2, failed = 0, locked_until = null where name = $1", name, hash);
        return await update.ExecuteNonQueryAsync(stop) == 1;
    }

    public async Task<bool> Any(CancellationToken stop)
    {
        await using var command = Command("select 1 from gateway.users limit 1");
        return await command.ExecuteScalarAsync(stop) is not null;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(value is DBNull ? new() { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new() { Value = value });
        return command;
    }
}
