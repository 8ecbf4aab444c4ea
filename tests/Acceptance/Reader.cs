using System.Globalization;
using Npgsql;

namespace Trading.Acceptance;

/// <summary>Looks at the books as any reader may, in one snapshot, again and again: all rights of the instrument are there, all money sums to zero, and each settled trade has both its legs of both.</summary>
internal sealed class Reader : IAsyncDisposable
{
    private const string Look =
        """
        select
          (select coalesce(sum(available + in_market + awaiting + frozen + paying_out), 0)::bigint from settlement.fund_accounts) money,
          (select issued - surrendered - cancelled - retired - expired - reversed - (select sum(available + earmarked + pledged + frozen + awaiting + held)::bigint from registry.holdings h where h.instrument = s.instrument)
           from registry.supply s join registry.instruments i on i.number = s.instrument where i.symbol = $1) rights,
          (select count(*) from (select * from settlement.deliveries where state = 4 order by trade_no desc limit 20) d
           where (select count(distinct account) from settlement.postings p where ((p.entry > 'trade/' || d.trade_no || '/' and p.entry < 'trade/' || d.trade_no || '0') or (p.entry > 'settled/' || d.trade_no || '/' and p.entry < 'settled/' || d.trade_no || '0'))
                  and p.account in (d.buyer, d.seller)) <> 2
              or (select count(*) from events.mt_events e where e.type in ('right_sold', 'right_bought', 'right_delivered', 'right_received') and e.stream_id in ('holding/' || d.buyer || '/' || d.instrument, 'holding/' || d.seller || '/' || d.instrument)
                  and e.version > (select version from registry.holdings h where h.account = d.buyer and h.instrument = d.instrument) - 4000 and (e.data ->> 'trade')::bigint = d.trade_no) <> 2)
          + (select count(*) from (select (data ->> 'trade')::bigint trade from events.mt_events where type in ('right_sold', 'right_bought', 'right_delivered', 'right_received') order by seq_id desc limit 20) e
             where not exists (select 1 from settlement.postings p where p.entry > 'trade/' || e.trade || '/' and p.entry < 'trade/' || e.trade || '0') or not exists (select 1 from settlement.deliveries d where d.trade_no = e.trade)) legs
        """;

    private readonly CancellationTokenSource over = new();
    private readonly List<string> half = [];
    private Task looking = Task.CompletedTask;

    public int Looks { get; private set; }

    public static Reader Begin(string database)
    {
        var reader = new Reader();
        reader.looking = Task.Run(() => reader.Watch(database));
        return reader;
    }

    public async Task<(int Looks, IReadOnlyList<string> Half)> End()
    {
        await over.CancelAsync();
        await looking;
        return (Looks, half);
    }

    private async Task Watch(string database)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(database);
                await connection.OpenAsync();
                while (!over.IsCancellationRequested)
                {
                    await using var select = new NpgsqlCommand(Look, connection) { Parameters = { new() { Value = Load.Symbol } } };
                    await using var row = await select.ExecuteReaderAsync();
                    await row.ReadAsync();
                    var (money, rights, legs) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
                    if (money != 0 || rights != 0 || legs != 0) half.Add(string.Create(CultureInfo.InvariantCulture, $"money {money}, rights {rights}, trades with a leg missing {legs}"));
                    Looks++;
                    await row.DisposeAsync();
                    await Task.Delay(20);
                }
            }
            catch (Exception gone) when (gone is NpgsqlException or IOException or InvalidOperationException)
            {
                // PostgreSQL is being killed: look again when it is back.
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        over.Dispose();
    }
}
