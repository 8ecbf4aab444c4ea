using System.Runtime.InteropServices;

namespace Trading.Matching.Core;

/// <summary>High-low matching (高低匹配, R-PWR-06): the highest buyer meets the lowest seller, each pair at its own mean.</summary>
public sealed partial class Market
{
    private void UncrossHighLow(Instrument instrument, in Command cause, OutputBuffer outputs)
    {
        Stand(instrument, Side.Buy, buyers);
        Stand(instrument, Side.Sell, sellers);
        Weigh();
        // Pairs are made as long as the buyer's price is not below the seller's: that is the most volume that one price could bring.
        _ = MostVolume(instrument, out var lots);
        ref var uncrossed = ref outputs.Next(OutputKind.Uncrossed, in cause);
        uncrossed.Instrument = instrument.Number;
        uncrossed.Lots = lots;
        var proRata = instrument.Terms.Priority == Priority.ProRata;
        Give(CollectionsMarshal.AsSpan(buyers), lots, proRata);
        Give(CollectionsMarshal.AsSpan(sellers), lots, proRata);
        Pair(null, instrument, in cause, outputs);
    }
}
