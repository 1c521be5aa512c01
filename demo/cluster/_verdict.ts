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

/** What the table does not say by itself. */
export function explain(rows: readonly PhaseRow[], lost: readonly number[]) {
  const of = (phase: string) =>
    rows.find((row) => row.phase === phase) ?? emptyRow(phase);
  const { lost: gone, across: late } = of("engine down");
  const counted = lost.map((count, i) => `${count} by hub ${i + 1}`);
  say(`
due: an event times the others in its room; across: by way of the engine
lost is allowed, of events that were sent
  hub down     to or by spokes of the dead hub, until another had them: ${
    of("hub down").lost
  }
  hub back     to the same spokes, while they went home: ${of("hub back").lost}
  engine down  from one hub to another: ${gone}; ${late} waited, and came late
counted by bridge.lost, in events: ${counted.join(", ")}; the
  others had reached the engine before every hub was back to hear of them
missed, twice, echoes, order (one overtook another) must be 0`);
}

/** Whether everything went as promised; says so. */
export function judge(
  rows: readonly PhaseRow[],
  lost: readonly number[],
  faults: number,
): boolean {
  const { missed, twice, echoes, disorder } = total(rows);
  const isCounted = lost.length > 0 && lost.every((count) => count > 0);
  // Who delivers nothing makes no mistake.
  const isUsed = rows.length > 0 && rows.every(({ sameHub }) => sameHub > 0) &&
    rows.every(({ phase, across }) => across > 0 || phase === "engine down");
  const isGood = missed + twice + echoes + disorder + faults === 0 &&
    isCounted && isUsed;
  say();
  say(
    isGood
      ? paint(
        "green",
        "PASSED: delivered as promised, while hubs and engine came and went",
      )
      : paint(
        "red",
        `FAILED: ${missed} missed, ${twice} twice, ${echoes} echoes, ` +
          `${disorder} out of order, ${faults} faults` +
          (isCounted ? "" : ", losses not counted") +
          (isUsed ? "" : ", nothing delivered"),
      ),
  );
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
