namespace Trading.Gateway.Papers;

/// <summary>What a sheet of paper says and in what order, before anybody knows of fonts, widths and pages. Made by pure functions from facts.</summary>
/// <param name="Wide">Lies on its side.</param>
/// <param name="Foot">Stands at the foot of every page, before its number.</param>
/// <param name="Pages">Says which page of how many: two places for a value.</param>
internal sealed record Paper(string Title, string Issuer, bool Wide, IReadOnlyList<Block> Blocks, string Foot, string Pages)
{
    /// <summary>Every text on it, so that a font can be asked for all of them.</summary>
    public IEnumerable<string> Texts => Blocks.SelectMany(b => b.Texts).Concat([Title, Issuer, Foot, Pages, "0123456789"]);

    /// <summary>The same with every text written otherwise.</summary>
    public Paper Written(Func<string, string> otherwise) => this with { Title = otherwise(Title), Issuer = otherwise(Issuer), Foot = otherwise(Foot), Pages = otherwise(Pages), Blocks = [.. Blocks.Select(b => b.Written(otherwise))] };
}

internal abstract record Block
{
    public abstract IEnumerable<string> Texts { get; }

    public abstract Block Written(Func<string, string> otherwise);

    /// <summary>Some lines of text; a warning stands in a frame.</summary>
    public sealed record Note(string Text, bool Warns = false) : Block
    {
        public override IEnumerable<string> Texts => [Text];

        public override Block Written(Func<string, string> otherwise) => this with { Text = otherwise(Text) };
    }

    /// <summary>Names and what they are, one below the other.</summary>
    public sealed record Fields(string? Heading, IReadOnlyList<(string Name, string Value)> Items) : Block
    {
        public override IEnumerable<string> Texts => Items.SelectMany(i => new[] { i.Name, i.Value }).Append(Heading ?? "");

        public override Block Written(Func<string, string> otherwise) => new Fields(Heading is null ? null : otherwise(Heading), [.. Items.Select(i => (otherwise(i.Name), otherwise(i.Value)))]);
    }

    /// <summary>A table; its head stands again on every page that it runs over to.</summary>
    public sealed record Table(string Heading, IReadOnlyList<Head> Heads, IReadOnlyList<Line> Lines) : Block
    {
        public override IEnumerable<string> Texts => Lines.SelectMany(l => l.Cells).Concat(Heads.Select(h => h.Text)).Append(Heading);

        public override Block Written(Func<string, string> otherwise) =>
            new Table(otherwise(Heading), [.. Heads.Select(h => h with { Text = otherwise(h.Text) })], [.. Lines.Select(l => l with { Cells = [.. l.Cells.Select(otherwise)] })]);
    }

    /// <summary>An address as a square that phones read, and in letters beside it.</summary>
    public sealed record Square(string Says, string Address, IReadOnlyList<(string Name, string Value)> Items) : Block
    {
        public override IEnumerable<string> Texts => Items.SelectMany(i => new[] { i.Name, i.Value }).Concat([Says, Address]);

        public override Block Written(Func<string, string> otherwise) => this with { Says = otherwise(Says), Items = [.. Items.Select(i => (otherwise(i.Name), otherwise(i.Value)))] };
    }
}

/// <param name="Share">Of the width, against the others' shares.</param>
internal sealed record Head(string Text, int Share, bool Number = false);

/// <param name="Strong">Opening, sum, closing.</param>
internal sealed record Line(IReadOnlyList<string> Cells, bool Strong = false);
