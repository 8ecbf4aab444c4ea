using Trading.Registry.Contracts;

namespace Trading.Gateway.Identity;

internal sealed record NewUser(string Name, string Role, string Password, string? Participant = null);

internal static class UserEndpoints
{
    public static void MapUsers(this WebApplication app) =>
        app.MapPost("/api/v1/users", async (HttpContext context, Users users, IDirectory directory, CancellationToken stop) =>
        {
            var asked = await Json.Body<NewUser>(context.Request);
            if (asked.Participant is { } id && (await directory.Current(stop)).Participant(id) is null) throw Json.No("UNKNOWN_ACCOUNT", ("participant", id.Length > 60 ? id[..60] : id));
            if (Users.Password(asked.Password) is { } weak) return Problems.Problem(weak);
            return await users.Add(new(asked.Name, asked.Role, asked.Participant), asked.Password, stop) is { } refused
                ? Problems.Problem(refused)
                : Results.Json(new { name = asked.Name, role = asked.Role, participant = asked.Participant }, Json.Plain, statusCode: 201);
        }).RequireAuthorization(IdentityModule.Administrator).Accepts<NewUser>("application/json").Produces(201).WithTags("Identity");
}
