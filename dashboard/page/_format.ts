// How figures read.

const compact = new Intl.NumberFormat("en", {
  notation: "compact",
  maximumSignificantDigits: 3,
});
const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const hour = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
});

/** A number of things: `12,345`, `123K`. */
export function count(value: number): string {
  return value < 100_000
    ? whole.format(Math.round(value))
    : compact.format(value);
}

/** Things a second: `0.5`, `1,234`, `123K`. */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 0.1) return "<0.1";
  return value < 10 ? value.toFixed(1).replace(/\.0$/, "") : count(value);
}

/** Rates along an axis: either all are compact, or none. */
export function rateAxis(values: readonly number[]): string[] {
  const isLarge = Math.max(...values) >= 10_000;
  return values.map(isLarge ? (value) => compact.format(value) : rate);
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A number of bytes, in thousands: `12.3 kB`. */
export function bytes(value: number): string {
  return bytesIn(unitOf(value), value);
}

/** Bytes along an axis, all in the unit of the largest. */
export function bytesAxis(values: readonly number[]): string[] {
  const unit = unitOf(Math.max(...values));
  return values.map((value) => value === 0 ? "0" : bytesIn(unit, value));
}

/** The index of the unit in which a number of bytes reads best. */
function unitOf(value: number): number {
  let unit = 0;
  for (let scaled = value; scaled >= 999.5 && unit < UNITS.length - 1; unit++) {
    scaled /= 1000;
  }
  return unit;
}

function bytesIn(unit: number, value: number): string {
  const scaled = value / 1000 ** unit;
  const digits = unit === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${+scaled.toFixed(digits)} ${UNITS[unit]}`;
}

/** Milliseconds that something took. */
export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** A long time, by its two largest units: `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts.slice(first < 0 ? 3 : first).slice(0, 2)
    .map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** The time of day, with or without seconds. */
export function time(ms: number, seconds = true): string {
  return (seconds ? clock : hour).format(ms);
}
