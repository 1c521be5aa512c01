// Long tests: shortened unless `deno task test:full` asks for all of it.

const isFull = Deno.env.get("PUBSUB_TEST_FULL") === "1";

/** How many times, of how much, for how long: less unless at full length. */
export function lengthOf(lengths: { short: number; full: number }): number {
  return isFull ? lengths.full : lengths.short;
}

/** Prints what was measured at full length, for `docs/reliability.md`. */
export function figure(
  name: string,
  values: Record<string, number | string>,
): void {
  if (!isFull) return;
  const text = Object.entries(values).map(([key, value]) =>
    `${key} ${typeof value === "number" ? +value.toFixed(3) : value}`
  );
  console.log(`figure: ${name}: ${text.join(", ")}`);
}

/** The value below which that share of the values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
