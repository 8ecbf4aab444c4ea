using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Custody;

internal sealed class CustodyDesk(NpgsqlDataSource database, Transactions transactions, IListings listings, IDirectory directory, IClock clock) : ICustody
{
    public async Task<Outcome<Transfer>> Move(int account, TransferKind kind, int instrument, long amount, string? operation, Actor actor, CancellationToken stop)
    {
        if (amount <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("amount", amount));
        var catalog = await directory.Current(stop);
        if (catalog.Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        var isMoney = kind is TransferKind.EarmarkMoney or TransferKind.ReleaseMoney;
        var unitsPerLot = 1L;
        if (!isMoney)
        {
            if (!(await listings.Current(stop)).TryGetValue(instrument, out var listing)) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
            unitsPerLot = listing.UnitsPerLot;
            if (amount % unitsPerLot != 0) return Refused.Because("TOO_MANY_DECIMALS", null, ("amount", amount), ("unitsPerLot", unitsPerLot));
        }

        var asset = isMoney ? 0 : instrument;
        var asked = new Transfer(0, account, kind, asset, amount, TransferStatus.Pending, null, Time.Now(clock), null);
        Transfer? first = null;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                (asked, first) = await Claim(connection, transaction, asked, operation, stop);
                var keys = new Keys();
                if (first is not null) return keys;
                if (isMoney) keys.Funds.Add(account);
                else keys.Holdings.Add(new(account, asset));
                return keys;
            },
            books =>
            {
                if (first is not null) return first.Kind == kind && first.Instrument == asset && first.Amount == amount ? Heard : Reused(operation!);
                var (booking, no) = Decide(asked, unitsPerLot, books, catalog);
                if (booking is not null) books.Book(booking);
                return no;
            },
            null, stop);
        if (ReferenceEquals(refused, Heard)) return first!;
        return refused is null ? asked : refused;
    }

    public async Task<Transfer?> Transfer(int account, long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {LedgerStore.TransferColumns} from settlement.transfers where id = $1 and account = $2", id, account);
        return await LedgerStore.Transfers(select, stop) is [var transfer] ? transfer : null;
    }

    /// <summary>Earmarking moves the balance now; releasing waits for the market to let go. Both tell the market in the same transaction.</summary>
    internal static (Booking? Booking, Refused? Refused) Decide(Transfer asked, long unitsPerLot, Books books, Catalog catalog)
    {
        var entry = "transfer/" + asked.Id.ToString(CultureInfo.InvariantCulture);
        var command = new Command
        {
            Kind = asked.Kind is TransferKind.EarmarkRight or TransferKind.EarmarkMoney ? CommandKind.Deposit : CommandKind.Withdraw,
            Account = asked.Account, Instrument = asked.Instrument, Amount = asked.Amount / unitsPerLot, Reference = asked.Id,
        };
        switch (asked.Kind)
        {
            case TransferKind.EarmarkRight:
                var key = new HoldingKey(asked.Account, asked.Instrument);
                var decision = Earmark.Decide(books.Holdings[key].Now, asked.Amount, asked.Id);
                return decision.Refused is { } refused
                    ? (null, refused)
                    : (new() { Rights = [(key, decision.Events[0])], Cap = CapsOfCounties.Offered(catalog, asked, asked.Amount, asked.RequestedAt, entry), ToMarket = [command] }, null);
            case TransferKind.EarmarkMoney:
                var available = books.Funds[asked.Account].Now.Available;
                return asked.Amount > available
                    ? (null, Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", asked.Amount), ("available", available)))
                    : (new() { Money = Money.Between(entry, asked.Account, Bucket.Available, Bucket.InMarket, asked.Amount), ToMarket = [command] }, null);
            default:
                return (new() { ToMarket = [command] }, null);
        }
    }

    private static readonly Refused Heard = new("HEARD_BEFORE", null, []);

    private static Refused Reused(string operation) => Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);

    private static async Task<(Transfer Asked, Transfer? First)> Claim(NpgsqlConnection connection, NpgsqlTransaction transaction, Transfer asked, string? operation, CancellationToken stop)
    {
        await using var insert = LedgerStore.Sql(connection, transaction,
            "insert into settlement.transfers (account, kind, instrument, amount, status, operation, requested_us) values ($1, $2, $3, $4, $5, $6, $7) on conflict (account, operation) do nothing returning id",
            asked.Account, (short)asked.Kind, asked.Instrument, asked.Amount, (short)asked.Status, (object?)operation ?? DBNull.Value, Time.Micros(asked.RequestedAt));
        if (await insert.ExecuteScalarAsync(stop) is long id) return (asked with { Id = id }, null);
        await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.TransferColumns} from settlement.transfers where account = $1 and operation = $2", asked.Account, operation!);
        return (asked, (await LedgerStore.Transfers(select, stop))[0]);
    }
}
