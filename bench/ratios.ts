/**
 * The ratios that this library promises, measured in one run:
 * `deno task bench:ratios`, or of it `framing`, `transport`, `memory` alone.
 *
 * Method: each pair is measured in turns, A B A B…, so that whatever else the
 * machine does meets both; a ratio is taken per round, and the median over the
 * rounds stands in the table, with the lowest and the highest. Two rounds more go
 * before and are not counted: what runs for long is compiled by then. All messages are
 * envelopes of 171 bytes of JSON, each one different. What crosses a connection
 * is timed from the first message to the receiver's word that it has worked off
 * the last, with both ends in one process, and again in two. Nothing here fails
 * because something is slow.
 */

import {
  EnvelopeDecoderStream,
  FrameDecoder,
  FrameEncoder,
  LengthPrefixDecoderStream,
} from "../framing.ts";
import { ENVELOPE_BYTES, envelopesOf } from "./_events.ts";
import type { MemoryReport } from "./_memory_hub.ts";
import { Peer } from "./_process.ts";
import { raws } from "./_raw.ts";
import { type Counts, startReceiver } from "./_receiver.ts";
import { type Run, startSender } from "./_sender.ts";
import type { BindingName } from "../tests/_iroh.ts";

const ROUNDS = 7;
const WARM_UPS = 2;
const CHUNK_BYTES = 256 * 1024;
const STALLED = 50;

interface Row {
  what: string;
  bar: string;
  measured: string;
  range: string;
  verdict: string;
  rates: string;
}

const rows: Row[] = [];

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const fixed = (value: number) => value.toFixed(value < 10 ? 2 : 1);
const perSecond = (rate: number) =>
  `${Math.round(rate).toLocaleString("en")}/s`;
const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;

/** Rates of one thing, round by round. */
type Rates = number[];

function addRatio(
  what: string,
  bar: number | undefined,
  ours: Rates,
  control: Rates,
): void {
  const ratios = ours.map((rate, round) => rate / control[round]!);
  const ratio = median(ratios);
  rows.push({
    what,
    bar: bar === undefined ? "" : `>= ${bar}`,
    measured: fixed(ratio),
    range: `${fixed(Math.min(...ratios))}..${fixed(Math.max(...ratios))}`,
    verdict: bar === undefined ? "" : ratio >= bar ? "ok" : "below",
    rates: `${perSecond(median(ours))} : ${perSecond(median(control))}`,
  });
}

/** Measures several things in turns. */
async function inTurns<TName extends string>(
  things: Record<TName, () => number | Promise<number>>,
): Promise<Record<TName, Rates>> {
  const names = Object.keys(things) as TName[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as Rates]));
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    // The other way round every second time: nobody is always the first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const rate = await things[name]();
      if (round >= 0) rates[name]!.push(rate);
    }
  }
  return rates as Record<TName, Rates>;
}

async function rate(n: number, run: () => void | Promise<void>) {
  const start = performance.now();
  await run();
  return n / (performance.now() - start) * 1000;
}

async function measureFraming(): Promise<void> {
  const n = 100_000;
  const envelopes = envelopesOf(n, ENVELOPE_BYTES);
  const encoder = new FrameEncoder();
  for (const envelope of envelopes) encoder.add(envelope);
  const bytes = encoder.bytes.slice();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    chunks.push(bytes.slice(start, start + CHUNK_BYTES));
  }
  const frames = new FrameDecoder().push(bytes);

  const plain = new TextDecoder();
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decodeWith = (decoder: TextDecoder) => () =>
    rate(n, () => {
      for (const frame of frames) JSON.parse(decoder.decode(frame));
    });
  const decoding = await inTurns({
    ours: () =>
      rate(n, async () => {
        const envelopes = ReadableStream.from(chunks)
          .pipeThrough(new LengthPrefixDecoderStream())
          .pipeThrough(new EnvelopeDecoderStream());
        let count = 0;
        for await (const { id } of envelopes) if (id !== "") count++;
        if (count !== n) throw new Error(`${count} of ${n} were decoded`);
      }),
    plain: decodeWith(plain),
    strict: decodeWith(strict),
  });
  addRatio(
    "decode, streams : JSON.parse(new TextDecoder().decode(frame))",
    0.85,
    decoding.ours,
    decoding.plain,
  );
  addRatio(
    "decode, streams : the same, TextDecoder fatal as ours is",
    0.85,
    decoding.ours,
    decoding.strict,
  );

  const textEncoder = new TextEncoder();
  const encoding = await inTurns({
    ours: () =>
      rate(n, () => {
        for (let i = 0; i < n; i++) {
          encoder.add(envelopes[i]!);
          if (encoder.length > CHUNK_BYTES) encoder.clear(2 * CHUNK_BYTES);
        }
      }),
    control: () =>
      rate(n, () => {
        for (const envelope of envelopes) {
          textEncoder.encode(JSON.stringify(envelope));
        }
      }),
  });
  addRatio(
    "encode a batch : encoder.encode(JSON.stringify(envelope))",
    1.2,
    encoding.ours,
    encoding.control,
  );
}

/** How many messages make a run of some 0.3 s, by what a binding can do. */
const RUNS = {
  "@rayhanadev/iroh": { bar: 30, library: 150_000, each: 4_000, all: 450_000 },
  "@number0/iroh": { bar: 3, library: 10_000, each: 2_000, all: 9_000 },
};

type Ask = (run: Run) => Promise<number>;

/** The promised ratio, of both ends in one place or in two. */
async function measurePair(name: BindingName, where: string, ask: Ask) {
  const { bar, library, each } = RUNS[name];
  const { ours, control } = await inTurns({
    ours: () => ask({ how: "library", n: library }),
    control: () => ask({ how: "per frame", n: each }),
  });
  addRatio(
    `spoke to hub, ${name}, ${where} : one writeAll, two readExact a message`,
    bar,
    ours,
    control,
  );
}

/** What is only told: other pacing, and how far the bare binding goes. */
async function measureContext(name: BindingName, ask: Ask) {
  const { library, all } = RUNS[name];
  const { ours, waiting, bare } = await inTurns({
    ours: () => ask({ how: "library", n: library }),
    waiting: () => ask({ how: "library, stop and wait", n: library }),
    bare: () => ask({ how: "coalesced", n: all }),
  });
  addRatio(
    "  waits for the hub every 256 KiB : sends on meanwhile, as above",
    undefined,
    waiting,
    ours,
  );
  addRatio(
    "  as above : bare, 1500 messages a writeAll, read(256 KiB), unparsed",
    undefined,
    ours,
    bare,
  );
}

async function measureSpokeToHub(): Promise<void> {
  for (const { name, unavailable } of raws) {
    if (unavailable !== undefined) {
      rows.push(skipped(`spoke to hub, ${name}`, unavailable));
      continue;
    }
    {
      await using receiver = await startReceiver(name);
      await using sender = await startSender(name, receiver.addresses);
      await measurePair(name, "one process", sender.rate);
      assertAllCame(receiver.counts, RUNS[name].library);
    }
    await using receiver = new Peer("./_receiver.ts", [name]);
    const { hub, raw } = await receiver.next<{ hub: string; raw: string }>();
    await using sender = new Peer("./_sender.ts", [name, hub, raw]);
    await sender.next();
    const ask: Ask = (run) => sender.ask<number>(run);
    await measurePair(name, "two processes", ask);
    await measureContext(name, ask);
    assertAllCame(await receiver.ask<Counts>("counts"), 3 * RUNS[name].library);
  }
}

function assertAllCame({ events }: Counts, sentPerRound: number): void {
  const sent = sentPerRound * (ROUNDS + WARM_UPS);
  if (events !== sent) throw new Error(`${events} of ${sent} events arrived`);
}

async function measureMemory(): Promise<void> {
  for (const { name, unavailable } of raws) {
    const what = `hub memory, ${STALLED} spokes that never read, ${name}`;
    if (unavailable !== undefined) {
      rows.push(skipped(what, unavailable));
      continue;
    }
    const topic = "message.sent";
    const count = String(STALLED);
    await using hub = new Peer("./_memory_hub.ts", [name, count, topic], [
      "--expose-gc",
    ]);
    const { address } = await hub.next<{ address: string }>();
    await using spokes = new Peer("./_stalled_spokes.ts", [
      name,
      address,
      count,
      topic,
    ]);
    await spokes.next();
    const report = await hub.next<MemoryReport>();
    const ends = await spokes.next<string[]>();
    const slow = ends.filter((end) => end.includes("1013")).length;
    const bound = report.limit + report.maxFrameBytes;
    rows.push({
      what,
      bar: `<= ${kib(bound)}`,
      measured: kib(report.held),
      range: `rss ${kib(report.rss)}`,
      verdict: report.held <= bound ? "ok" : "above",
      rates: `${kib(report.buffered)} buffered, ${
        kib(report.window)
      } in QUIC's window, ${slow} ended with 1013`,
    });
  }
}

function skipped(what: string, why: string): Row {
  return {
    what,
    bar: "",
    measured: "",
    range: "",
    verdict: "skipped",
    rates: why,
  };
}

function print(rows: Row[]): void {
  const header: Row = {
    what: "ratio",
    bar: "bar",
    measured: "median",
    range: "min..max",
    verdict: "",
    rates: "medians of both sides",
  };
  const keys = Object.keys(header) as (keyof Row)[];
  const widths = keys.map((key) =>
    Math.max(...[header, ...rows].map((row) => row[key].length))
  );
  for (const row of [header, ...rows]) {
    const cells = keys.map((key, i) => row[key].padEnd(widths[i]!));
    console.log(cells.join("  ").trimEnd());
  }
}

const start = performance.now();
const parts = {
  framing: measureFraming,
  transport: measureSpokeToHub,
  memory: measureMemory,
};
for (const [name, measure] of Object.entries(parts)) {
  if (Deno.args.length === 0 || Deno.args.includes(name)) await measure();
}
print(rows);
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${ROUNDS} rounds, ${ENVELOPE_BYTES} bytes a message, ${
    Math.round((performance.now() - start) / 1000)
  } s`,
);
