// What the hub shows: a live table on a terminal, plain lines in a pipe.

import process from "node:process";
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  moveCursor,
} from "node:readline";
import { styleText } from "node:util";
import type { Fleet, Row } from "./_fleet.ts";

/** Milliseconds between two tables. */
const TABLE_INTERVAL = 250;
/** Milliseconds between two rounds of lines. */
const LINES_INTERVAL = 2_000;
/** What happened last, below the table. */
const MAX_NOTES = 5;

const COLUMNS = [
  ...["SENSOR", "NODE", "STATE", "LAST", "MEAN", "MIN", "MAX"],
  ...["COUNT", "MISSED", "STARTS", "EVERY"],
];
/** The first columns are words; numbers are set to the right. */
const WORDS = 3;

/** The screen of the hub. */
export class View {
  readonly #fleet: Fleet;
  readonly #help: string;
  readonly #isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  readonly #input = createInterface({
    input: process.stdin,
    output: this.#isTerminal ? process.stdout : undefined,
  });
  readonly #timer = setInterval(
    () => this.#show(),
    this.#isTerminal ? TABLE_INTERVAL : LINES_INTERVAL,
  );
  readonly #notes: string[] = [];
  /** Lines above the one that is typed on. */
  #drawn = 0;
  #shown = { count: 0, at: performance.now() };
  #rate = 0;

  /**
   * @param help How commands are typed.
   * @param onLine Told of what is typed.
   * @param onInterrupt A terminal whose lines are read hands on Ctrl-C.
   */
  constructor(
    fleet: Fleet,
    help: string,
    onLine: (line: string) => void,
    onInterrupt: () => void,
  ) {
    this.#fleet = fleet;
    this.#help = help;
    this.#input.on("line", (line) => {
      this.#drawn++; // The line that was typed.
      onLine(line.trim());
      if (this.#isTerminal) this.#show();
    });
    this.#input.on("SIGINT", onInterrupt);
  }

  /** Something happened. */
  note(text: string): void {
    if (!this.#isTerminal) return console.log(text);
    this.#notes.push(`${new Date().toTimeString().slice(0, 8)} ${text}`);
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
    this.#show();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#input.close();
    if (this.#isTerminal) process.stdout.write("\n");
  }

  #show(): void {
    const { rows } = this.#fleet;
    this.#measure(rows);
    if (this.#isTerminal) this.#draw(rows);
    else this.#print(rows);
  }

  /** The rate of the last second, or longer. */
  #measure(rows: readonly Row[]): void {
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    const seconds = (performance.now() - this.#shown.at) / 1_000;
    if (seconds < 1) return;
    this.#rate = (count - this.#shown.count) / seconds;
    this.#shown = { count, at: performance.now() };
  }

  #summary(rows: readonly Row[]): string {
    const here = rows.filter((row) => row.connections > 0);
    const last = here.flatMap((row) => row.last?.celsius ?? []);
    const mean = last.reduce((sum, one) => sum + one, 0) / last.length;
    const now = last.length > 0 ? `, ${mean.toFixed(1)} °C on average` : "";
    return `${here.length} of ${rows.length} sensors here, ` +
      `${this.#rate.toFixed(1)} readings/s${now}`;
  }

  #print(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    console.log(`= ${this.#summary(rows)}`);
    for (const row of rows) {
      const cells = cellsOf(row);
      const pairs = COLUMNS.slice(1).map((column, i) =>
        `${column.toLowerCase()}=${cells[i + 1]}`
      );
      console.log(`  ${cells[0]} ${pairs.join(" ")}`);
    }
  }

  #draw(rows: readonly Row[]): void {
    const table = [COLUMNS, ...rows.map(cellsOf)];
    const widths = COLUMNS.map((_, i) =>
      Math.max(...table.map((cells) => cells[i]!.length))
    );
    const lines = table.map((cells) =>
      cells.map((cell, i) =>
        i < WORDS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
      ).join("  ")
    );
    // A line that is wrapped would be two.
    const width = (process.stdout.columns ?? 80) - 1;
    const text = [
      this.#style("bold", this.#summary(rows).slice(0, width)),
      "",
      ...lines.map((line, i) => {
        const cut = line.slice(0, width);
        const isAway = i > 0 && rows[i - 1]!.connections === 0;
        return i === 0 || isAway ? this.#style("dim", cut) : cut;
      }),
      "",
      ...this.#notes.map((note) => note.slice(0, width)),
      this.#style("dim", this.#help.slice(0, width)),
    ];
    const { rows: below } = this.#input.getCursorPos();
    moveCursor(process.stdout, 0, -(this.#drawn + below));
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    process.stdout.write(`${text.join("\n")}\n`);
    this.#drawn = text.length;
    this.#input.prompt(true);
  }

  #style(style: Parameters<typeof styleText>[0], text: string): string {
    return process.env.NO_COLOR ? text : styleText(style, text);
  }
}

function cellsOf(row: Row): string[] {
  const degrees = (celsius: number | undefined) =>
    celsius !== undefined && Number.isFinite(celsius)
      ? celsius.toFixed(1)
      : "-";
  return [
    row.name,
    row.id.slice(0, 8),
    row.connections > 0 ? "here" : "away",
    degrees(row.last?.celsius),
    degrees(row.sum / row.count),
    degrees(row.min),
    degrees(row.max),
    String(row.count),
    String(row.missed),
    String(row.starts),
    row.last ? `${row.last.interval}ms` : "-",
  ];
}
