// The table at the end, and whether it is as promised.

import { paint, say } from "../_screen.ts";
import { emptyRow, type PhaseRow } from "./_tally.ts";

const COLUMNS: readonly [keyof PhaseRow, title: string][] = [
  ["phase", "phase"],
  ["published", "sent"],
  ["due", "due"],
  ["sameHub", "same hub"],
  ["across", "across"],
  ["lost", "lost"],
  ["missed", "missed"],
  ["twice", "twice"],
  ["echoes", "echoes"],
  ["disorder", "order"],
];

/** What must not be. */
const FAULTS = ["missed", "twice", "echoes", "disorder"] as const;

export function showTable(rows: readonly PhaseRow[]): void {
  const all = [...rows, total(rows)];
  const widths = COLUMNS.map(([key, title]) =>
    Math.max(title.length, ...all.map((row) => `${row[key]}`.length))
  );
  const line = (texts: readonly string[]) =>
    texts.map((text, i) =>
      i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
    ).join("  ");
  const rule = paint(
    "dim",
    widths.map((width) => "─".repeat(width)).join("  "),
  );
  say(line(COLUMNS.map(([, title]) => title)));
  say(rule);
  all.forEach((row, i) => {
    if (i === rows.length) say(rule);
    const text = line(COLUMNS.map(([key]) => `${row[key]}`));
    say(faultsOf(row) > 0 ? paint("red", text) : text);
  });
}

/** What a bridge counted while there was no engine, and what somebody missed. */
export interface Loss {
  /** Events that its bridge counts as lost. */
  readonly counted: number;
  /** Events of its spokes that somebody did not get. */
  readonly missed: number;
}

/** What the table does not say by itself. */
export function explain(rows: readonly PhaseRow[], losses: readonly Loss[]) {
  const of = (phase: string) =>
    rows.find((row) => row.phase === phase) ?? emptyRow(phase);
  const down = of("engine down");
  const counted = losses.map(({ counted, missed }) =>
    `${counted} of ${missed}`
  );
  say(`
due: an event times the others in its room; across: by way of the engine
lost is allowed, of events that were sent
  hub down     to or by spokes of the dead hub, until another had them: ${
    of("hub down").lost
  }
  hub back     to the same spokes, while they went home: ${of("hub back").lost}
  engine down  from one hub to another, for lack of room to wait: ${down.lost}
               (4 KiB here, so that it shows; by default it is 16 MiB)
               counted by each bridge, of events that somebody missed:
               ${counted.join(", ")}
               what had room waited, and came late: ${down.across}
missed, twice, echoes, order (one overtook another) must be 0`);
}

/** Whether everything went as promised; says so. */
export function judge(
  rows: readonly PhaseRow[],
  losses: readonly Loss[],
  faults: number,
): boolean {
  const { missed, twice, echoes, disorder } = total(rows);
  const isCounted = losses.length > 0 &&
    losses.every(({ counted, missed }) => counted > 0 && counted >= missed);
  // Who delivers nothing makes no mistake.
  const isUsed = rows.length > 0 && rows.every(({ sameHub }) => sameHub > 0) &&
    rows.every(({ phase, across }) => across > 0 || phase === "engine down");
  const isGood = missed + twice + echoes + disorder + faults === 0 &&
    isCounted && isUsed;
  const verdict = isGood
    ? "PASSED: delivered as promised, while hubs and engine came and went"
    : `FAILED: ${missed} missed, ${twice} twice, ${echoes} echoes, ` +
      `${disorder} out of order, ${faults} faults` +
      (isCounted ? "" : ", losses not counted") +
      (isUsed ? "" : ", nothing delivered");
  say(`\n${paint(isGood ? "green" : "red", verdict)}`);
  return isGood;
}

function faultsOf(row: PhaseRow): number {
  return FAULTS.reduce((sum, key) => sum + row[key], 0);
}

function total(rows: readonly PhaseRow[]): PhaseRow {
  const sum = emptyRow("total");
  for (const row of rows) {
    for (const [key] of COLUMNS) if (key !== "phase") sum[key] += row[key];
  }
  return sum;
}
