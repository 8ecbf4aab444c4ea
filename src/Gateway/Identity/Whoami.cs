using System.Security.Claims;
using OpenIddict.Abstractions;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Identity;

/// <summary>Who speaks: the user for the record, and the organisation whose objects the request may see.</summary>
internal sealed class Whoami(IDirectory directory)
{
    public const string ParticipantClaim = "participant";

    public static Actor Actor(ClaimsPrincipal user) =>
        new(user.GetClaim(OpenIddictConstants.Claims.Subject) ?? "unknown", user.GetClaim(OpenIddictConstants.Claims.Role) ?? "unknown", user.GetClaim(ParticipantClaim));

    /// <exception cref="RefusedException">FORBIDDEN: the user acts for no registered organisation.</exception>
    public async Task<Participant> Participant(ClaimsPrincipal user, CancellationToken stop) =>
        user.GetClaim(ParticipantClaim) is { } id && (await directory.Current(stop)).Participant(id) is { } participant ? participant : throw Json.No("FORBIDDEN");

    /// <summary>Of what everybody's lies in one list, who acts for an organisation sees its own; null: an authority, which sees all.</summary>
    public async Task<int?> Own(ClaimsPrincipal user, CancellationToken stop) => user.GetClaim(ParticipantClaim) is null ? null : (await Participant(user, stop)).Account;

    /// <summary>Region for which the user confirms: a county its own, the regulator the province.</summary>
    public async Task<string> Authority(ClaimsPrincipal user, CancellationToken stop) =>
        user.HasClaim(OpenIddictConstants.Claims.Role, Roles.Regulator) ? PlannedStep.Province : (await Participant(user, stop)).Region;
}
