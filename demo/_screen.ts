// What the person in front of the demo sees: one line per event, in columns
// that fit 80 characters, coloured by party on a terminal.

import type { Score, Sent } from "./_ledger.ts";
import { type PartyName, SPOKES } from "./_protocol.ts";

const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;

const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  alice: 36,
  bob: 35,
  carol: 34,
  hub: 33,
  engine: 34,
  iroh: 36,
  WebSocket: 35,
};

export type Style = keyof typeof CODES;

/** Dresses a text that has its width already. */
export function paint(style: Style | undefined, text: string): string {
  return isColoured && style ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}

export const COLUMNS: readonly PartyName[] = [...SPOKES, "hub"];
const start = performance.now();

export function say(line = ""): void {
  console.log(line);
}

/** The title of a part of the demo. */
export function heading(text: string): void {
  say(`\n${paint("bold", text)}\n`);
}

/** A line of prose by or about a party, at its time. */
export function note(who: PartyName, text: string): void {
  say(`${clock()}  ${paint(who, who.padEnd(5))}  ${text}`);
}

/** More of what {@linkcode note} began. */
export function continued(text: string): void {
  say(`${" ".repeat(15)}${text}`);
}

/** An event that cannot be sent yet. */
export function noteWaiting(from: PartyName, n: number, topic: string): void {
  note(from, `${eventLabel(n, topic)}  waits in the spoke for a hub`);
}

/** The titles of the columns that {@linkcode showEvent} fills. */
export function showColumns(): void {
  const parties = COLUMNS.map((name) => paint(name, name.padStart(9)));
  say(
    paint("dim", "  time  from    #  topic                ") + parties.join(""),
  );
}

/** An event and how long it took to each receiver. */
export function showEvent(
  { n, from, counts, receivers, took }: Sent,
  topic: string,
): void {
  const cells = COLUMNS.map((name) => {
    const ms = took.get(name);
    if (ms !== undefined) return paint(name, duration(ms).padStart(9));
    if (name === from) return paint("dim", "sent".padStart(9));
    if (!receivers.includes(name)) return paint("dim", "·".padStart(9));
    return counts
      ? paint("red", "MISSED".padStart(9))
      : paint("dim", "not back".padStart(9));
  });
  say(
    `${clock()}  ${paint(from, from.padEnd(5))}  ` +
      eventLabel(n, topic) + cells.join(""),
  );
}

function eventLabel(n: number, topic: string): string {
  return `${`${n}`.padStart(2)}  ${topic.padEnd(21)}`;
}

/** One row of the table at the end. */
export interface Row extends Score {
  name: PartyName;
  reconnects: string;
  noticed: string;
  back: string;
}

/** The table at the end. */
export function showTable(rows: readonly Row[]): void {
  const titles = [
    "",
    "sent",
    "delivered",
    "duplicates",
    "reconnects",
    "noticed in",
    "back in",
  ];
  const lines = rows.map((row) => [
    row.name,
    `${row.sent}`,
    `${row.delivered} of ${row.expected}`,
    `${row.duplicates}`,
    row.reconnects,
    row.noticed,
    row.back,
  ]);
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]!.length))
  );
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  say(rule("┌", "┬", "┐"));
  const header = titles.map((title, i) => ` ${title.padStart(widths[i]!)} `);
  say(`│${header.join("│")}│`);
  say(rule("├", "┼", "┤"));
  lines.forEach((line, index) => {
    const cells = line.map((cell, i) =>
      i === 0
        ? ` ${paint(rows[index]!.name, cell.padEnd(widths[0]!))} `
        : ` ${cell.padStart(widths[i]!)} `
    );
    say(`│${cells.join("│")}│`);
  });
  say(rule("└", "┴", "┘"));
}

/** Seconds since the demo started. */
export function clock(): string {
  return paint("dim", seconds());
}

/** The same without colour. */
export function seconds(): string {
  return ((performance.now() - start) / 1000).toFixed(2).padStart(6);
}

export function duration(ms: number): string {
  return ms < 999.5
    ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
    : `${(ms / 1000).toFixed(2)} s`;
}
