// How things are measured against each other: see `ratios.ts`.

export const ROUNDS = 7;
export const WARM_UPS = 2;

/** Rates of one thing, round by round. */
export type Rates = number[];

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Measures several things in turns. */
export async function inTurns<TName extends string>(
  things: Record<TName, () => number | Promise<number>>,
): Promise<Record<TName, Rates>> {
  const names = Object.keys(things) as TName[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as Rates]));
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    // The other way round every second time: nobody is always the first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const rate = await things[name]();
      if (round >= 0) rates[name]!.push(rate);
    }
  }
  return rates as Record<TName, Rates>;
}

/** How many per second, when `n` take as long as `run`. */
export async function rate(n: number, run: () => void | Promise<void>) {
  const start = performance.now();
  await run();
  return n / (performance.now() - start) * 1000;
}
