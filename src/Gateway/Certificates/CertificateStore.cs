using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;

namespace Trading.Gateway.Certificates;

/// <summary>The rows of certificates. What is there is never changed and never removed.</summary>
internal sealed class CertificateStore(NpgsqlDataSource database, IClock clock)
{
    private const string Columns = "number, account, subject, facts, digest, issued_us, issued_user, issued_role";

    public async Task<Certificate?> Find(string number, CancellationToken stop)
    {
        if (!CertificateNumber.Is(number)) return null;
        await using var select = database.CreateCommand($"select {Columns} from gateway.certificates where number = $1");
        select.Parameters.Add(new() { Value = number });
        return await Read(select, stop);
    }

    /// <summary>What was given out for this already; null: nothing.</summary>
    public async Task<Certificate?> Find(int account, string subject, CancellationToken stop)
    {
        await using var select = database.CreateCommand($"select {Columns} from gateway.certificates where account = $1 and subject = $2");
        select.Parameters.Add(new() { Value = account });
        select.Parameters.Add(new() { Value = subject });
        return await Read(select, stop);
    }

    /// <summary>Gives out a certificate, once: who comes second, be it at the same moment, gets the first one's.</summary>
    /// <returns>Fresh: it was not there before.</returns>
    public async Task<(Certificate Certificate, bool Fresh)> Issue(int account, string subject, Facts facts, Actor actor, CancellationToken stop)
    {
        var text = facts.Text();
        var issued = new Certificate(CertificateNumber.Of(RandomNumberGenerator.GetBytes(16)), account, subject, text, Facts.Digest(text), Time.Now(clock), actor);
        await using var insert = database.CreateCommand(
            $"insert into gateway.certificates (kind, {Columns}) values ($9, $1, $2, $3, $4, $5, $6, $7, $8) on conflict (account, subject) do nothing");
        foreach (var value in new object[] { issued.Number, account, subject, text, issued.Digest, Time.Micros(issued.IssuedAt), actor.User, actor.Role, (short)facts.Kind }) insert.Parameters.Add(new() { Value = value });
        return await insert.ExecuteNonQueryAsync(stop) == 1 ? (issued, true) : ((await Find(account, subject, stop))!, false);
    }

    private static async Task<Certificate?> Read(NpgsqlCommand select, CancellationToken stop)
    {
        await using var r = await select.ExecuteReaderAsync(stop);
        if (!await r.ReadAsync(stop)) return null;
        var read = new Certificate(r.GetString(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetFieldValue<byte[]>(4), Time.Instant(r.GetInt64(5)), new(r.GetString(6), r.GetString(7)));
        // A table that allows a wrong digest is not the table that we made: nothing is certified from it.
        return Facts.Digest(read.Text).AsSpan().SequenceEqual(read.Digest) ? read : throw new InvalidOperationException($"the facts of certificate {read.Number} are not those of its digest");
    }
}
