/**
 * The ratios that this library promises, measured in one run:
 * `deno task bench:ratios`, or of it `framing`, `in-process`, `websocket`,
 * `transport`, `memory`, `size` alone.
 *
 * Method: each pair is measured in turns, A B A B…, so that whatever else the
 * machine does meets both; a ratio is taken per round, and the median over the
 * rounds stands in the table, with the lowest and the highest. Two rounds more go
 * before and are not counted: what runs for long is compiled by then. All
 * messages are envelopes of 171 bytes of JSON, each one different.
 *
 * What crosses a connection is timed from the first message to the receiver's
 * word that it has worked off the last, with both ends in one process, and again
 * in two. A fan-out is timed from the call until all clients, in a process of
 * their own, have the event; the next event goes out only then. The loop beside
 * it has sockets of its own in the same server; hub and loop take turns event by
 * event, and a round is the median of its events.
 *
 * Nothing here fails because something is slow.
 */

import { ENVELOPE_BYTES } from "./_events.ts";
import { RatioTable } from "./_ratio_table.ts";
import { ROUNDS } from "./_turns.ts";

type Measure = (table: RatioTable) => Promise<void>;

/** Loaded when they are measured: bindings, for one, need not be there. */
const parts: Record<string, () => Promise<Measure>> = {
  framing: async () => (await import("./_framing_ratios.ts")).measureFraming,
  "in-process": async () =>
    (await import("./_in_process_ratios.ts")).measureInProcess,
  websocket: async () => (await import("./_fan_out_ratios.ts")).measureFanOut,
  transport: async () =>
    (await import("./_spoke_to_hub_ratios.ts")).measureSpokeToHub,
  memory: async () => (await import("./_memory_ratios.ts")).measureMemory,
  size: async () => (await import("./_size_rows.ts")).measureSize,
};

const start = performance.now();
const table = new RatioTable();
const names = Deno.args.length > 0 ? Deno.args : Object.keys(parts);
for (const name of names) {
  const load = parts[name];
  if (!load) throw new TypeError(`Cannot measure ${name}: no such part`);
  await (await load())(table);
}
table.print();
const seconds = Math.round((performance.now() - start) / 1000);
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${ROUNDS} rounds, ${ENVELOPE_BYTES} bytes a message, ${seconds} s`,
);
