// Spans of time as people type and read them.

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds in `5`, `5s`, `500ms`, `2m` or `1h`; a number alone is seconds.
 * `undefined` for anything else, and for what no timer can wait for.
 */
export function durationIn(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text);
  if (!match) return undefined;
  const duration = Number(match[1]) * UNITS[match[2] ?? "s"]!;
  return duration > 0 && duration < 2 ** 31 ? duration : undefined;
}

/** A span in three digits: `0.41 ms`, `12.3 s`, `3 min 5 s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${digits(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${digits(milliseconds / 1_000)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Three digits, and no more places than that. */
function digits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}
