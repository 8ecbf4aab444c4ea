using System.Text;
using QRCoder;
using SkiaSharp;

namespace Trading.Gateway.Papers;

/// <summary>Puts a paper on pages of A4 as PDF, with text that can be selected. Knows lines and widths, and nothing of what is said.</summary>
internal sealed class Press(Typefaces typefaces)
{
    private readonly Turnstile turnstile = new(most: 4, seconds: 2);

    /// <exception cref="RefusedException">FONT_MISSING; SLOW_DOWN: as many are drawn at this moment as there may be.</exception>
    public byte[] Print(Paper paper)
    {
        var face = typefaces.For([.. paper.Texts]);
        using var place = turnstile.Enter();
        using var sheet = new Sheet(paper.Written(face.Write), face);
        return sheet.Print();
    }

    /// <summary>One printing. Pages are filled first and drawn after, for a page says of how many it is one.</summary>
    private sealed class Sheet(Paper paper, Typefaces.Face face) : IDisposable
    {
        private const float Short = 595.28f, Long = 841.89f, Margin = 46, Foot = 40, Gap = 14, Padding = 4;
        private static readonly SKColor Ink = new(0x14, 0x24, 0x2e), Soft = new(0x5b, 0x6b, 0x74), Brand = new(0x0b, 0x5f, 0x7a), Rule = new(0xc9, 0xd3, 0xd8), Shade = new(0xf0, 0xf4, 0xf6), Warning = new(0xa3, 0x16, 0x0a);

        private readonly SKSize size = paper.Wide ? new(Long, Short) : new(Short, Long);
        private readonly SKFont body = Of(face.Regular, paper.Wide ? 7.6f : 10), strong = Of(face.Bold, paper.Wide ? 7.6f : 10), small = Of(face.Regular, 7.6f), heading = Of(face.Bold, paper.Wide ? 10 : 12), title = Of(face.Bold, 20);
        private readonly SKPaint paint = new() { IsAntialias = true };
        private readonly List<List<Action<SKCanvas>>> pages = [];
        private float y;

        private float Width => size.Width - (2 * Margin);

        public byte[] Print()
        {
            Turn();
            foreach (var block in paper.Blocks) Put(block);
            using var bytes = new MemoryStream();
            using (var document = SKDocument.CreatePdf(bytes, new SKDocumentPdfMetadata { Title = paper.Title, Author = paper.Issuer, Creator = paper.Issuer, RasterDpi = 144, EncodingQuality = 100 }))
            {
                foreach (var (number, page) in pages.Index())
                {
                    var canvas = document.BeginPage(size.Width, size.Height);
                    foreach (var draw in page) draw(canvas);
                    var at = size.Height - Foot + 12;
                    Stroke(canvas, Margin, at - 12, Width);
                    Write(canvas, paper.Foot, Margin, at, small, Soft);
                    Write(canvas, string.Format(System.Globalization.CultureInfo.InvariantCulture, paper.Pages, number + 1, pages.Count), Margin + Width, at, small, Soft, right: true);
                    document.EndPage();
                }

                document.Close();
            }

            return bytes.ToArray();
        }

        public void Dispose()
        {
            foreach (var font in new[] { body, strong, small, heading, title }) font.Dispose();
            paint.Dispose();
        }

        /// <summary>A new page begins.</summary>
        private void Turn()
        {
            var first = pages.Count == 0;
            pages.Add([]);
            y = Margin;
            Now(c => Write(c, paper.Issuer, Margin, Margin, small, Brand));
            if (!first) Now(c => Write(c, paper.Title, Margin + Width, Margin, small, Soft, right: true));
            y += 8;
            var rule = y;
            Now(c => Stroke(c, Margin, rule, Width));
            y += first ? 36 : Gap + 4;
            if (!first) return;
            var at = y;
            Now(c => Write(c, paper.Title, Margin + ((Width - title.MeasureText(paper.Title)) / 2), at, title, Ink));
            y += 24;
        }

        private void Now(Action<SKCanvas> draw) => pages[^1].Add(draw);

        private bool Fits(float height) => y + height <= size.Height - Foot - 8;

        private void Put(Block block)
        {
            switch (block)
            {
                case Block.Note note: Put(note); break;
                case Block.Fields fields: Put(fields); break;
                case Block.Table table: Put(table); break;
                case Block.Square square: Put(square); break;
                default: throw new InvalidOperationException($"{block.GetType().Name} is no block");
            }

            y += Gap;
        }

        private void Put(Block.Note note)
        {
            var inset = note.Warns ? 8 : 0;
            var lines = Wrapped(note.Text, note.Warns ? strong : body, Width - (2 * inset));
            var height = (lines.Count * Leading(body)) + (2 * inset);
            if (!Fits(height)) Turn();
            var top = y;
            if (note.Warns) Now(c => Frame(c, Margin, top, Width, height));
            foreach (var (n, line) in lines.Index())
            {
                var at = top + inset + (n * Leading(body)) + Rise(body);
                Now(c => Write(c, line, Margin + inset, at, note.Warns ? strong : body, note.Warns ? Warning : Ink));
            }

            y += height;
        }

        private void Put(Block.Fields fields)
        {
            Heading(fields.Heading, 2 * Leading(body));
            var names = Math.Min(Width / 3, fields.Items.Max(i => body.MeasureText(i.Name)) + 16);
            foreach (var (name, value) in fields.Items) Row(name, value, Margin, names, Width, body, strong);
        }

        private void Row(string name, string value, float left, float names, float width, SKFont of, SKFont what)
        {
            var (said, meant) = (Wrapped(name, of, names - 8), Wrapped(value, what, width - names));
            var height = (Math.Max(said.Count, meant.Count) * Leading(of)) + Padding;
            if (!Fits(height)) Turn();
            var top = y;
            foreach (var (n, line) in said.Index())
            {
                var at = top + (n * Leading(of)) + Rise(of);
                Now(c => Write(c, line, left, at, of, Soft));
            }

            foreach (var (n, line) in meant.Index())
            {
                var at = top + (n * Leading(of)) + Rise(of);
                Now(c => Write(c, line, left + names, at, what, Ink));
            }

            y += height;
        }

        private void Put(Block.Table table)
        {
            var shares = table.Heads.Sum(h => h.Share);
            var widths = table.Heads.Select(h => Width * h.Share / shares).ToList();
            var head = new Line([.. table.Heads.Select(h => h.Text)], Strong: true);
            Heading(table.Heading, Height(head) + (2 * Leading(body)));
            Cells(head, shaded: true);
            foreach (var line in table.Lines)
            {
                if (!Fits(Height(line)))
                {
                    Turn();
                    Cells(head, shaded: true);
                }

                Cells(line, shaded: false);
            }

            List<List<string>> Lines(Line line) => [.. line.Cells.Select((cell, n) => Wrapped(cell, line.Strong ? strong : body, widths[n] - (2 * Padding)))];
            float Height(Line line) => (Lines(line).Max(c => c.Count) * Leading(body)) + Padding;
            void Cells(Line line, bool shaded)
            {
                var (cells, height, top, left, font) = (Lines(line), Height(line), y, Margin, line.Strong ? strong : body);
                if (shaded || line.Strong) Now(c => Fill(c, Margin, top, Width, height));
                foreach (var (n, texts) in cells.Index())
                {
                    var (at, width, number) = (left, widths[n], table.Heads[n].Number);
                    foreach (var (m, text) in texts.Index())
                    {
                        var baseline = top + (Padding / 2) + (m * Leading(body)) + Rise(body);
                        Now(c => Write(c, text, number ? at + width - Padding : at + Padding, baseline, font, Ink, right: number));
                    }

                    left += width;
                }

                Now(c => Stroke(c, Margin, top + height, Width));
                y += height;
            }
        }

        private void Put(Block.Square square)
        {
            const float Side = 104;
            if (!Fits(Side + 8)) Turn();
            using var codes = new QRCodeGenerator();
            using var code = codes.CreateQrCode(square.Address, QRCodeGenerator.ECCLevel.M);
            var (matrix, top) = (code.ModuleMatrix.ConvertAll(row => row.Cast<bool>().ToArray()), y);
            Now(c =>
            {
                var module = Side / matrix.Count;
                paint.Color = SKColors.Black;
                paint.Style = SKPaintStyle.Fill;
                paint.IsAntialias = false;
                foreach (var (row, line) in matrix.Index())
                {
                    for (var column = 0; column < line.Length; column++)
                    {
                        if (!line[column]) continue;
                        var run = column;
                        while (column + 1 < line.Length && line[column + 1]) column++;
                        c.DrawRect(Margin + (run * module), top + (row * module), (column - run + 1) * module, module, paint);
                    }
                }

                paint.IsAntialias = true;
            });
            var (left, width) = (Margin + Side + 16, Width - Side - 16);
            y += 8;
            foreach (var line in Wrapped(square.Says, body, width).Concat(Wrapped(square.Address, body, width)))
            {
                var at = y + Rise(body);
                Now(c => Write(c, line, left, at, body, Ink));
                y += Leading(body);
            }

            y += Padding;
            var names = square.Items.Max(i => small.MeasureText(i.Name)) + 16;
            foreach (var (name, value) in square.Items) Row(name, value, left, names, width, small, small);
            y = Math.Max(y, top + Side);
        }

        /// <summary>Stays with what follows it.</summary>
        private void Heading(string? text, float with)
        {
            if (!Fits(with + Leading(heading) + Padding)) Turn();
            if (text is null) return;
            foreach (var line in Wrapped(text, heading, Width))
            {
                var at = y + Rise(heading);
                Now(c => Write(c, line, Margin, at, heading, Brand));
                y += Leading(heading);
            }

            y += Padding;
        }

        private void Write(SKCanvas canvas, string text, float x, float baseline, SKFont font, SKColor colour, bool right = false)
        {
            if (text.Length == 0) return;
            paint.Color = colour;
            paint.Style = SKPaintStyle.Fill;
            using var run = Run(text, font);
            canvas.DrawText(run, right ? x - font.MeasureText(text) : x, baseline, paint);
        }

        /// <summary>
        /// Glyphs with the text that they are of. Of glyphs alone a reader of the file would get whichever character the font names first: in fonts for Chinese that
        /// is a radical, which looks like 人 or 页 and is neither.
        /// </summary>
        private static SKTextBlob Run(string text, SKFont font)
        {
            var (glyphs, utf8) = (font.GetGlyphs(text), Encoding.UTF8.GetBytes(text));
            using var builder = new SKTextBlobBuilder();
            var run = builder.AllocateHorizontalTextRun(font, glyphs.Length, 0, utf8.Length);
            run.SetGlyphs(glyphs);
            run.SetPositions(font.GetGlyphOffsets(glyphs));
            run.SetText(utf8);
            var (clusters, at) = (new uint[glyphs.Length], 0u);
            foreach (var (place, rune) in text.EnumerateRunes().Index())
            {
                clusters[place] = at;
                at += (uint)rune.Utf8SequenceLength;
            }

            run.SetClusters(clusters);
            return builder.Build()!;
        }

        private void Stroke(SKCanvas canvas, float x, float at, float width)
        {
            paint.Color = Rule;
            paint.StrokeWidth = 0.5f;
            canvas.DrawLine(x, at, x + width, at, paint);
        }

        private void Fill(SKCanvas canvas, float x, float top, float width, float height)
        {
            paint.Color = Shade;
            paint.Style = SKPaintStyle.Fill;
            canvas.DrawRect(x, top, width, height, paint);
        }

        private void Frame(SKCanvas canvas, float x, float top, float width, float height)
        {
            paint.Color = Warning;
            paint.Style = SKPaintStyle.Stroke;
            paint.StrokeWidth = 1.2f;
            canvas.DrawRect(x, top, width, height, paint);
            paint.Style = SKPaintStyle.Fill;
        }

        private static SKFont Of(SKTypeface face, float points) => new(face, points) { Subpixel = true, Hinting = SKFontHinting.None };

        private static float Leading(SKFont font) => font.Size * 1.5f;

        private static float Rise(SKFont font) => font.Size * 1.12f;

        /// <summary>Breaks between Chinese characters and after blanks; a word that is longer than a line breaks where the line ends.</summary>
        private static List<string> Wrapped(string text, SKFont font, float width)
        {
            List<string> lines = [];
            foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
            {
                var line = new StringBuilder();
                foreach (var word in Words(paragraph))
                {
                    if (line.Length > 0 && font.MeasureText(line + word.TrimEnd()) > width) End(line);
                    foreach (var rune in word.EnumerateRunes())
                    {
                        if (line.Length > 0 && !Rune.IsWhiteSpace(rune) && font.MeasureText(line.ToString() + rune) > width) End(line);
                        line.Append(rune);
                    }
                }

                End(line);
            }

            return lines;

            void End(StringBuilder line)
            {
                lines.Add(line.ToString().TrimEnd());
                line.Clear();
            }
        }

        private static IEnumerable<string> Words(string text)
        {
            var word = new StringBuilder();
            foreach (var rune in text.EnumerateRunes())
            {
                var (alone, closes) = (rune.Value >= 0x2E80, rune.Value is '，' or '。' or '、' or '；' or '：' or '）' or '”');
                // What closes stays with what it closes.
                if (alone && !closes && word.Length > 0)
                {
                    yield return word.ToString();
                    word.Clear();
                }

                word.Append(rune);
                if (!Rune.IsWhiteSpace(rune) && !alone) continue;
                if (alone) continue;
                yield return word.ToString();
                word.Clear();
            }

            if (word.Length > 0) yield return word.ToString();
        }
    }
}
