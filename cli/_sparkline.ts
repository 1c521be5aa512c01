// A line of the past, of block characters.

const LEVELS = "▁▂▃▄▅▆▇█";

/** The last values, as many as there are columns; the greatest one is the highest. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = columns > 0 ? values.slice(-columns) : [];
  const max = Math.max(...shown, 0);
  return shown.map((value) => {
    if (max === 0) return LEVELS[0];
    return LEVELS[Math.ceil(value / max * (LEVELS.length - 1))];
  }).join("");
}
