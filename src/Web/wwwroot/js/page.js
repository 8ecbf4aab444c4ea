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

// Charts draw; every number they are given was a decimal until here, and none comes back.
let library;
const charts = new Map();
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
window.charts = {
  create: async (element, decimals, label) => {
    library ??= await import("../lib/lightweight-charts.mjs");
    const { createChart, CandlestickSeries, HistogramSeries } = library;
    const chart = createChart(element, {
      autoSize: true,
      layout: { background: { color: "transparent" }, textColor: colour("--ink-2"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
      grid: { vertLines: { color: colour("--line-2") }, horzLines: { color: colour("--line-2") } },
      rightPriceScale: { borderColor: colour("--line") },
      timeScale: { borderColor: colour("--line"), timeVisible: true, secondsVisible: false, rightOffset: 4, barSpacing: 9, maxBarSpacing: 18 },
      crosshair: { mode: 0 },
      localization: { locale: document.documentElement.lang },
    });
    const [up, down] = [colour("--up"), colour("--down")];
    const candles = chart.addSeries(CandlestickSeries, { upColor: up, downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down, priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
    const volume = chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
    charts.set(element.id, { chart, candles, volume });
  },
  // Shanghai time is shown: the library knows no zones, so eight hours are added to what it draws.
  set: (id, bars, fit) => {
    const c = charts.get(id);
    if (!c) return;
    const up = colour("--up-soft"), down = colour("--down-soft");
    c.candles.setData(bars.map(b => ({ time: b.t + 28800, open: b.o, high: b.h, low: b.l, close: b.c })));
    c.volume.setData(bars.map(b => ({ time: b.t + 28800, value: b.v, color: b.c >= b.o ? up : down })));
    if (fit) bars.length > 90 ? c.chart.timeScale().setVisibleLogicalRange({ from: bars.length - 90, to: bars.length + 4 }) : c.chart.timeScale().fitContent();
  },
  update: (id, b) => {
    const c = charts.get(id);
    if (!c) return;
    c.candles.update({ time: b.t + 28800, open: b.o, high: b.h, low: b.l, close: b.c });
    c.volume.update({ time: b.t + 28800, value: b.v, color: b.c >= b.o ? colour("--up-soft") : colour("--down-soft") });
  },
  remove: id => { charts.get(id)?.chart.remove(); charts.delete(id); },
};
