// What `top` shows, and where: a screen that is drawn over, or lines.

import type { FeedFault, FeedSample, FeedWelcome } from "../_dashboard_feed.ts";
import { inLine } from "../_options.ts";
import type { Context } from "./_context.ts";
import { FaultLog } from "./_fault_log.ts";
import { jsonText } from "./_json_text.ts";
import { Screen } from "./_screen.ts";
import type { Look } from "./_style.ts";
import { type SortKey, topLines } from "./_top_text.ts";

/** Samples of the past that are shown: more than there are columns for. */
const MAX_PAST = 300;

/** Faults that are shown below the tables. */
const MAX_FAULTS = 3;

const SORT_KEYS: Readonly<Record<string, SortKey>> = {
  r: "rate",
  b: "bytes",
  w: "waiting",
  n: "name",
};

/** Shows samples. */
export class TopView {
  readonly #context: Context;
  readonly #onQuit: () => void;
  readonly #hubs: number;
  readonly #title: string;
  readonly #past: { in: number[]; out: number[] };
  /** Without one there are lines. */
  readonly #screen: Screen | undefined;
  readonly #log: FaultLog;
  readonly #faults: string[] = [];
  #sample: FeedSample;
  #isFull: boolean;
  #sort: SortKey = "rate";
  #isHeld = false;
  #lost = "";

  constructor(context: Context, welcome: FeedWelcome, onQuit: () => void) {
    const { output, notes, args } = context;
    this.#context = context;
    this.#onQuit = onQuit;
    this.#hubs = welcome.hubs;
    this.#title = inLine(welcome.title);
    const { eventsIn, eventsOut } = welcome.history;
    this.#past = { in: [...eventsIn], out: [...eventsOut] };
    this.#sample = welcome.last;
    // It has topics and connections if somebody watched before.
    this.#isFull = welcome.last.visited > 0;
    this.#log = new FaultLog(notes);
    if (!output.isTerminal || args.flag("once") || args.flag("json")) return;
    this.#screen = new Screen({
      onKey: (key) => this.#onKey(key),
      onResize: () => this.#draw(),
    });
    this.#draw();
  }

  sample(sample: FeedSample): void {
    const { eventsIn, eventsOut } = sample.total.rates;
    for (
      const [past, rate] of [
        [this.#past.in, eventsIn],
        [this.#past.out, eventsOut],
      ] as const
    ) {
      past.push(rate);
      if (past.length > MAX_PAST) past.shift();
    }
    if (this.#isHeld) return;
    this.#sample = sample;
    this.#isFull = true;
    const { args, output } = this.#context;
    if (this.#screen) this.#draw();
    else if (args.flag("json")) output.line(jsonText(sample));
    else output.line([...this.#lines(output.columns, 60), ""].join("\n"));
  }

  fault({ at, message, connection, topic }: FeedFault): void {
    const time = new Date(at).toTimeString().slice(0, 8);
    const where = [connection, topic].filter((one) => one !== undefined)
      .map((one) => inLine(one!)).join(" ");
    const line = `${time} ${inLine(message, 300)}${where && ` (${where})`}`;
    if (!this.#screen) return this.#log.add(line);
    this.#faults.push(line);
    if (this.#faults.length > MAX_FAULTS) this.#faults.shift();
    this.#draw();
  }

  /** The feed is lost, or back when there is nothing to say. */
  lost(why: string): void {
    if (this.#lost === why) return;
    this.#lost = why;
    if (this.#screen) this.#draw();
    else if (why) this.#context.notes.warn(`${why}; trying again`);
  }

  close(): void {
    this.#log.close();
    this.#screen?.close();
  }

  #onKey(key: string): void {
    // In this mode Ctrl-C and Ctrl-D are keys as others.
    if (key === "q" || key === "\x03" || key === "\x04") return this.#onQuit();
    if (key === " ") this.#isHeld = !this.#isHeld;
    this.#sort = SORT_KEYS[key] ?? this.#sort;
    this.#draw();
  }

  #lines(columns: number, rows: number): string[] {
    return topLines(this.#sample, {
      style: this.#context.output.style,
      columns,
      rows,
      sort: this.#sort,
      past: this.#past,
      hubs: this.#hubs,
      isFull: this.#isFull,
    });
  }

  #draw(): void {
    const { style } = this.#context.output;
    const screen = this.#screen!;
    const { columns, rows } = screen;
    const below = [
      ...this.#faults.map((one) =>
        style.paint(one.slice(0, columns - 1), "red")
      ),
      this.#footer(columns),
    ];
    const lines = this.#lines(columns, rows - below.length);
    const gap = Math.max(0, rows - below.length - lines.length);
    screen.draw([
      ...lines.slice(0, rows - below.length),
      ...Array.from({ length: gap }, () => ""),
      ...below,
    ]);
  }

  #footer(columns: number): string {
    const { style } = this.#context.output;
    if (this.#lost) {
      const text = `${this.#lost}; trying again`;
      return style.paint(text.slice(0, columns - 1), "red", "bold");
    }
    const title: Word = { text: this.#title, look: [] };
    const keys = Object.entries(SORT_KEYS).map(([key, name]) =>
      word(`${key} ${name}`, name === this.#sort)
    );
    const hold = word(
      this.#isHeld ? "space goes on" : "space holds",
      this.#isHeld,
    );
    const end = word("q ends");
    // The first that fits: what is longer than a line would move the others.
    const footers: [words: Word[], gap: number][] = [
      [[title, ...keys, hold, end], 3],
      [[...keys, hold, end], 3],
      [[...keys, hold, end], 2],
      [[hold, end], 2],
      [[end], 0],
    ];
    const [words, gap] =
      footers.find(([words, gap]) =>
        words.reduce((sum, { text }) => sum + text.length + gap, -gap) < columns
      ) ?? [[], 0];
    return words.map(({ text, look }) => style.paint(text, ...look))
      .join(" ".repeat(gap));
  }
}

/** A part of the footer. */
interface Word {
  readonly text: string;
  readonly look: readonly Look[];
}

const word = (text: string, isOn = false): Word => ({
  text,
  look: [isOn ? "bold" : "dim"],
});
