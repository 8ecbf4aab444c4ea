// Follows one book through forced disconnects and says what was missing.
// usage: node follow.mjs URL SYMBOL signalr|messagepack|websocket DISCONNECTS
// Trading goes on meanwhile, from elsewhere. The last line is one JSON object: the verdict.
import { HubConnectionBuilder, HttpTransportType, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import WebSocket from "ws";

const [url, symbol, how, disconnects] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])];
const seen = { arrays: 0, frames: 0, snapshots: 0, trades: 0, gaps: 0, repeats: 0, checksums: 0, checksumsWrong: 0, disconnects: 0, spans: 0 };
const tradeNumbers = new Set();
const book = { sequence: 0, bids: new Map(), asks: new Map() };

const checksum = () => {
  const best = (levels, sign) => [...levels.entries()].sort((a, b) => sign * (Number(a[0]) - Number(b[0]))).slice(0, 10).map(([price, quantity]) => `${price}:${quantity}`);
  return crc([...best(book.bids, -1), ...best(book.asks, 1)].join("|"));
};

// CRC-32 as in docs/protocol.md; Node before 22 has none of its own.
const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1; return n >>> 0; });
const crc = text => { let c = 0xffffffff; for (const byte of Buffer.from(text, "utf8")) c = table[(c ^ byte) & 0xff] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };

const levels = (side, changes) => { for (const [price, quantity] of changes) quantity === "0" ? side.delete(price) : side.set(price, quantity); };

const apply = frames => {
  seen.arrays++;
  for (const frame of frames) {
    seen.frames++;
    if (frame.symbol !== symbol) throw new Error(`a frame of ${frame.symbol}`);
    if (frame.type === "snapshot") {
      seen.snapshots++;
      book.bids.clear();
      book.asks.clear();
    } else if (frame.sequence <= book.sequence) {
      seen.repeats++;
      continue;
    } else if (frame.previousSequence !== book.sequence) {
      seen.gaps++;
    } else if (frame.sequence > frame.previousSequence + 1) {
      seen.spans++;
    }
    book.sequence = frame.sequence;
    if (frame.type === "trade") {
      seen.trades++;
      tradeNumbers.add(frame.tradeNo);
    }
    if (frame.bids) levels(book.bids, frame.bids);
    if (frame.asks) levels(book.asks, frame.asks);
    if (frame.checksum !== undefined) {
      seen.checksums++;
      if (frame.checksum !== checksum()) seen.checksumsWrong++;
    }
  }
};

const pause = ms => new Promise(done => setTimeout(done, ms));
let heard = () => {};
const something = ms => Promise.race([new Promise(done => { heard = done; }), pause(ms)]);

// One connection: follow from where the last one stopped, and come back with the way to cut it.
const connect = {
  async websocket() {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws/market?symbol=${symbol}&after=${book.sequence}`);
    // What a torn connection still delivers is of the past: the next one was told where we stand.
    let cut = false;
    socket.on("message", text => { if (!cut) { apply(JSON.parse(text)); heard(); } });
    await new Promise((done, no) => { socket.once("open", done); socket.once("error", no); });
    return () => { cut = true; socket.terminate(); };
  },
  async hub(protocol) {
    const builder = new HubConnectionBuilder().withUrl(`${url}/hubs/market`, { skipNegotiation: true, transport: HttpTransportType.WebSockets }).configureLogging(LogLevel.None);
    const hub = (protocol ? builder.withHubProtocol(protocol) : builder).build();
    await hub.start();
    let cut = false;
    const subscription = hub.stream("Follow", symbol, book.sequence).subscribe({ next: frames => { if (!cut) { apply(frames); heard(); } }, complete() {}, error(why) { if (!cut) throw why; } });
    return () => {
      cut = true;
      // The transport is torn away, not closed: what was on its way is lost.
      hub.connection.transport?._webSocket?.terminate?.() ?? subscription.dispose();
      hub.stop().catch(() => {});
    };
  },
  signalr: () => connect.hub(null),
  messagepack: () => connect.hub(new MessagePackHubProtocol()),
};

// By chance, and by the same chance each time.
let seed = 20261124;
const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32);

for (; seen.disconnects < disconnects; seen.disconnects++) {
  const cut = await connect[how]();
  await something(2_000);
  await pause(random() * 60);
  cut();
  await pause(random() * 40);
}

// A last connection that stays until the trading stopped and the book is level with what REST says.
const cut = await connect[how]();
console.log("level");
const until = Date.now() + 20_000;
let equal = false;
let rest;
while (!equal && Date.now() < until) {
  await pause(300);
  rest = await (await fetch(`${url}/api/v1/instruments/${symbol}/book?depth=100`)).json();
  const same = (side, levels) => levels.length === side.size && levels.every(([price, quantity]) => side.get(price) === quantity);
  equal = rest.sequence === book.sequence && same(book.bids, rest.bids) && same(book.asks, rest.asks);
}
cut();
console.log(JSON.stringify({ how, ...seen, sequence: book.sequence, restSequence: rest.sequence, equal, distinctTrades: tradeNumbers.size }));
process.exit(equal && seen.gaps === 0 && seen.checksumsWrong === 0 && seen.snapshots >= 1 ? 0 : 1);
