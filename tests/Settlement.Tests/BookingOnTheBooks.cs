using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Tests;

public sealed class BookingOnTheBooks
{
    private static readonly HoldingKey Key = new(1, 1);

    [Fact]
    public void Money_that_does_not_balance_is_not_booked()
    {
        var books = Books();
        var broken = Assert.Throws<InvalidOperationException>(() => books.Book(new() { Money = Money.Move("trade/1", new(1, Bucket.Available, -10), new(2, Bucket.Available, 9)) }));
        Assert.Equal("the postings of trade/1 sum to -1 fen", broken.Message);
        Untouched(books);
    }

    [Fact]
    public void Rights_that_can_move_do_not_where_the_money_cannot()
    {
        var books = Books();
        Assert.Throws<InvalidOperationException>(() => books.Book(new()
        {
            Rights = [(Key, new HoldingEvent.Earmarked(5, 1))],
            Money = Money.Between("trade/1", 1, Bucket.Available, Bucket.InMarket, 101),
        }));
        Untouched(books);
    }

    [Fact]
    public void Amounts_beyond_what_can_be_counted_are_not_booked()
    {
        var books = Books();
        books.Funds[2] = new(new(2, long.MaxValue, 0, 0, 0));
        Assert.Throws<OverflowException>(() => books.Book(new() { Rights = [(Key, new HoldingEvent.Earmarked(5, 1))], Money = Money.Move("trade/1", new(1, Bucket.Available, -10), new(2, Bucket.Available, 10)) }));
        Untouched(books);
    }

    [Fact]
    public void Only_the_bank_may_owe()
    {
        Assert.Equal(-5, Money.Evolve(new(Money.Bank, 0, 0, 0, 0), new(Money.Bank, Bucket.Available, -5)).Available);
        foreach (var account in (int[])[Money.Fees, 1])
            foreach (var bucket in Enum.GetValues<Bucket>())
                Assert.Throws<InvalidOperationException>(() => Money.Evolve(new(account, 4, 4, 4, 4), new(account, bucket, -5)));
    }

    private static Books Books()
    {
        var books = new Books();
        books.Holdings[Key] = new(Holding.Empty(Key) with { Available = 5 });
        books.Funds[1] = new(new(1, 100, 0, 0, 0));
        books.Funds[2] = new(new(2, 0, 0, 0, 0));
        return books;
    }

    private static void Untouched(Books books)
    {
        Assert.All(books.Holdings.Values, h => Assert.Equal(h.Before, h.Now));
        Assert.All(books.Funds.Values, f => Assert.Equal(f.Before, f.Now));
        Assert.Empty(books.RightsMoved);
        Assert.Empty(books.Entries);
        Assert.Empty(books.ToMarket);
    }
}
