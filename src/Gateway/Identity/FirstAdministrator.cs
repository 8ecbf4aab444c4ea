using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Trading.Gateway.Identity;

/// <summary>A store without users prints one link, once good, that makes its first administrator.</summary>
internal sealed class FirstAdministrator(NpgsqlDataSource database, Users users)
{
    /// <summary>Null where there are users. A new start makes a new link, and the old one is void.</summary>
    public async Task<Uri?> Link(Uri url, CancellationToken stop)
    {
        if (await users.Any(stop)) return null;
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await using var keep = database.CreateCommand("with gone as (delete from gateway.setup) insert into gateway.setup values ($1)");
        keep.Parameters.Add(new() { Value = Hash(token) });
        await keep.ExecuteNonQueryAsync(stop);
        return new(url, $"/setup/{token}");
    }

    public async Task<bool> Known(string token, CancellationToken stop)
    {
        await using var find = database.CreateCommand("select 1 from gateway.setup where token_hash = $1");
        find.Parameters.Add(new() { Value = Hash(token) });
        return await find.ExecuteScalarAsync(stop) is not null;
    }

    public async Task<IResult> Make(string token, string name, string password, CancellationToken stop)
    {
        if (!await Known(token, stop)) return Problems.NotFound();
        if (Users.Password(password) is { } weak) return Problems.Problem(weak);
        if (await users.Add(new(name, Roles.Administrator, null), password, stop) is { } refused) return Problems.Problem(refused);
        await using var spend = database.CreateCommand("delete from gateway.setup");
        await spend.ExecuteNonQueryAsync(stop);
        return Results.Text("管理员已创建 · administrator created", "text/plain; charset=utf-8");
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

internal static class Setup
{
    private const string Form =
        """
        <!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>首位管理员</title>
        <style>body{font:16px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}label{display:block;margin:1rem 0}input{width:100%;font:inherit;padding:.4rem}button{font:inherit;padding:.5rem 1.5rem}</style>
        <h1>创建首位管理员</h1><p lang="en">Make the first administrator. This link works once.</p>
        <form method="post"><label>用户名 · user name<input name="name" required maxlength="64" autocomplete="username"></label>
        <label>密码（至少 12 位）· password (12 or more)<input name="password" type="password" required minlength="12" autocomplete="new-password"></label><button>创建 · Create</button></form></html>
        """;

    public static void MapSetup(this WebApplication app)
    {
        app.MapGet("/setup/{token}", async (string token, FirstAdministrator first, CancellationToken stop) =>
            await first.Known(token, stop) ? Results.Content(Form, "text/html; charset=utf-8") : Problems.NotFound()).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/setup/{token}", async (string token, HttpRequest request, FirstAdministrator first, CancellationToken stop) =>
        {
            if (!request.HasFormContentType) return Problems.Problem("MEDIA_TYPE_NOT_SUPPORTED");
            var form = await request.ReadFormAsync(stop);
            return await first.Make(token, form["name"].ToString(), form["password"].ToString(), stop);
        }).AllowAnonymous().ExcludeFromDescription();
    }
}
