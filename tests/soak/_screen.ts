// What the person in front of the soak sees: one line that moves, and a table.

import type { Conductor } from "./_conductor.ts";
import { heapTrends } from "./_memory.ts";

const isTerminal = Deno.stdout.isTerminal();
/** One line each second where it can be written over, else now and then. */
const EVERY_MS = isTerminal ? 1_000 : 10_000;
const MIB = 2 ** 20;

/** Shows how the run goes until it is disposed of. */
export class LiveLine implements Disposable {
  readonly #conductor: Conductor;
  readonly #timer: ReturnType<typeof setInterval>;
  #before = { seconds: 0, sent: 0, received: 0 };

  constructor(conductor: Conductor) {
    this.#conductor = conductor;
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (isTerminal) console.log();
  }

  #show(): void {
    const { story, judge, hubTally, spokesTally, done } = this.#conductor;
    const { sent, received, reconnects } = spokesTally.total;
    const hub = hubTally.total;
    const { seconds, ...before } = this.#before;
    const span = story.seconds - seconds;
    const rate = (now: number, then: number) =>
      Math.max(0, Math.round((now - then) / span));
    const line = [
      `${Math.round(story.seconds)} s`,
      `${rate(sent, before.sent)} sent/s`,
      `${rate(received, before.received)} received/s`,
      `hub ${mib(hub.rss)}, heap ${mib(hub.heap)}`,
      `${hub.open} open`,
      `${reconnects} reconnects`,
      `${done.kill} kills`,
      `${judge.allowedGaps} lost with a connection`,
      "0 violations",
    ].join(" · ");
    this.#before = { seconds: story.seconds, sent, received };
    if (!isTerminal) return console.log(line);
    const width = Deno.consoleSize().columns - 1;
    const text = new TextEncoder().encode(`\r\x1b[2K${line.slice(0, width)}`);
    Deno.stdout.writeSync(text);
  }
}

/** The table at the end. */
export function tableOf(
  { story, judge, hubTally, spokesTally, done, rests, heapSamples }: Conductor,
  violations: number,
): string {
  const spokes = spokesTally.total;
  const rows: [string, string | number][] = [
    ["seconds", story.seconds.toFixed(1)],
    ["events sent", spokes.sent],
    ["events that the hub received", hubTally.total.received],
    ["events that spokes received", spokes.received],
    ["lives of spokes", spokes.lives],
    ["reconnects", spokes.reconnects],
    ["processes killed", done.kill],
    ["processes that left and came back", done.leave],
    ["processes stopped for a while", done.stop],
    ["connections closed by the hub", done.kick],
    ["rests", rests],
    [
      "arrived, and none before is missing",
      spokes.inSequence + hubTally.total.inSequence,
    ],
    [
      "streams found complete at rest",
      spokes.compared + hubTally.total.compared,
    ],
    ["lost with a sender's connection", judge.allowedGaps],
    ["late over a connection that was lost", judge.allowedLate],
    ["sent while not subscribed, or cut off", spokes.skipped],
    ["most memory of a hub", mib(hubTally.peakRss)],
    ["most memory of a process of spokes", mib(spokesTally.peakRss)],
    ...heapTrends(heapSamples).map((
      { incarnation, seconds, first, last },
    ): [string, string] => [
      `heap of hub ${incarnation} in ${Math.round(seconds)} s`,
      `${mib(first)} to ${mib(last)}`,
    ]),
    ["violations", violations],
  ];
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((row) => `${row[column]}`.length))
  );
  return rows.map(([name, value]) =>
    `${name.padEnd(widths[0]!)}  ${`${value}`.padStart(widths[1]!)}`
  ).join("\n");
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
