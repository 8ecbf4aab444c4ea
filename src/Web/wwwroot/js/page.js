// What the page needs of the browser: its language, and charts.
"use strict";
window.page = {
  language: () => {
    const language = localStorage.getItem("language") === "en" ? "en" : "zh-CN";
    document.documentElement.lang = language;
    document.documentElement.classList.toggle("rise-is-red", language !== "en");
    return language;
  },
  speak: language => { localStorage.setItem("language", language); document.cookie = `language=${language};path=/;SameSite=Strict;max-age=31536000`; location.reload(); },
  focus: id => { const element = document.getElementById(id); if (element) { element.focus(); element.select?.(); } },
  leave: url => location.assign(url),
};

// A key held down repeats: it must not press the next button that comes under it, least of all the one that sends an order.
// And the ticket's Alt+1…5 are the ticket's: some browsers would change tabs by them.
document.addEventListener("keydown", e => {
  const held = e.repeat && (e.key === "Enter" || e.key === " ") && e.target.closest?.("button, a, form");
  if (held || (e.altKey && /^Digit[1-5]$/.test(e.code) && e.target.closest?.(".ticket"))) e.preventDefault();
}, true);

// A skip link takes the keyboard along, not only the view.
document.addEventListener("click", e => {
  const to = e.target.closest?.("a.skip")?.hash.slice(1);
  if (to) setTimeout(() => window.page.focus(to));
});

// Charts draw; every number they are given was a decimal until here, and none comes back.
let library;
const charts = new Map();
const figure = (value, decimals) => value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
window.charts = {
  create: async (element, decimals, lots, label, words) => {
    library ??= await import("../lib/lightweight-charts.mjs");
    const { createChart, CandlestickSeries, HistogramSeries } = library;
    const chart = createChart(element, {
      autoSize: true,
      layout: { background: { color: "transparent" }, textColor: colour("--ink-2"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
      grid: { vertLines: { color: colour("--line-2") }, horzLines: { color: colour("--line-2") } },
      rightPriceScale: { borderColor: colour("--line"), tickMarkDensity: 3.6, entireTextOnly: true },
      timeScale: { borderColor: colour("--line"), timeVisible: true, secondsVisible: false, rightOffset: 4, barSpacing: 9, maxBarSpacing: 18 },
      crosshair: { mode: 0 },
      localization: { locale: document.documentElement.lang, priceFormatter: value => figure(value, decimals) },
    });
    const [up, down] = [colour("--up"), colour("--down")];
    const candles = chart.addSeries(CandlestickSeries, { upColor: up, downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down, priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
    const volume = chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "custom", minMove: 10 ** -lots, formatter: value => figure(value, lots) }, lastValueVisible: false, priceLineVisible: false });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
    // The candle under the pointer in figures; the last one while there is none.
    const legend = document.createElement("div");
    legend.className = "legend num";
    element.appendChild(legend);
    const c = { chart, candles, volume, last: null, pointed: false };
    c.tell = (b, v) => {
      if (!b) return legend.replaceChildren();
      const tone = b.close > b.open ? "up" : b.close < b.open ? "down" : "flat";
      legend.replaceChildren(...[[words[0], figure(b.open, decimals)], [words[1], figure(b.high, decimals)], [words[2], figure(b.low, decimals)], [words[3], figure(b.close, decimals)], [words[4], figure(v ?? 0, lots)]].map(([word, value], at) => {
        const part = document.createElement("span");
        const number = document.createElement("b");
        number.textContent = value;
        if (at < 4) number.className = tone;
        part.append(word + " ", number);
        return part;
      }));
    };
    chart.subscribeCrosshairMove(at => {
      const b = at.seriesData?.get(candles);
      c.pointed = Boolean(b);
      if (b) c.tell(b, at.seriesData.get(volume)?.value);
      else if (c.last) c.tell({ open: c.last.o, high: c.last.h, low: c.last.l, close: c.last.c }, c.last.v);
    });
    charts.set(element.id, c);
  },
  // Shanghai time is shown: the library knows no zones, so eight hours are added to what it draws.
  set: (id, bars, fit) => {
    const c = charts.get(id);
    if (!c) return;
    const up = colour("--up-soft"), down = colour("--down-soft");
    c.candles.setData(bars.map(b => ({ time: b.t + 28800, open: b.o, high: b.h, low: b.l, close: b.c })));
    c.volume.setData(bars.map(b => ({ time: b.t + 28800, value: b.v, color: b.c >= b.o ? up : down })));
    c.last = bars.at(-1) ?? null;
    c.tell(c.last && { open: c.last.o, high: c.last.h, low: c.last.l, close: c.last.c }, c.last?.v);
    if (fit) bars.length > 90 ? c.chart.timeScale().setVisibleLogicalRange({ from: bars.length - 90, to: bars.length + 4 }) : c.chart.timeScale().fitContent();
  },
  update: (id, b) => {
    const c = charts.get(id);
    if (!c) return;
    c.last = b;
    if (!c.pointed) c.tell({ open: b.o, high: b.h, low: b.l, close: b.c }, b.v);
    c.candles.update({ time: b.t + 28800, open: b.o, high: b.h, low: b.l, close: b.c });
    c.volume.update({ time: b.t + 28800, value: b.v, color: b.c >= b.o ? colour("--up-soft") : colour("--down-soft") });
  },
  remove: id => { charts.get(id)?.chart.remove(); charts.delete(id); },
};
