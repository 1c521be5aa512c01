// Numbers as people read them.

/** `1 event`, `1 234 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `1 234 567`, with spaces that do not break (ISO 80000-1). */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

const UNITS = ["kB", "MB", "GB", "TB"];

/** `512 B`, `3.4 kB`: in thousands, as on the dashboard. */
export function bytesText(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** `12`, `1.3`, `0.25`: a rate a second. */
export function rateText(rate: number): string {
  if (rate >= 99.5) return countText(rate);
  return String(Number(rate.toPrecision(2)));
}
