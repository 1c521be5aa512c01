// How things are measured against each other: in turns, A B A B…, so that
// whatever else the machine does meets all of them.

/** How much is measured. */
export interface Plan {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them: what runs for long is compiled by then. */
  readonly warmUps: number;
  /** Whether it is only to be seen that everything runs. */
  readonly quick: boolean;
  /** How many messages, connections and so on; a share of it when quick. */
  readonly some: (n: number, quick?: number) => number;
}

/** What is published: 7 rounds after 2 warm-ups. */
export const FULL: Plan = {
  rounds: 7,
  warmUps: 2,
  quick: false,
  some: (n) => n,
};

/** A minute for all of it, which says nothing about speed. */
export const QUICK: Plan = {
  rounds: 1,
  warmUps: 0,
  quick: true,
  some: (n, quick = Math.ceil(n / 20)) => quick,
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Measures several things in turns.
 *
 * @param things What each measures in one round, by its name.
 * @returns A sample for each round that counts.
 */
export async function inTurns<TName extends string, TSample = number>(
  { rounds, warmUps }: Pick<Plan, "rounds" | "warmUps">,
  things: Record<TName, () => TSample | Promise<TSample>>,
): Promise<Record<TName, TSample[]>> {
  const names = Object.keys(things) as TName[];
  const samples = Object.fromEntries(
    names.map((name) => [name, [] as TSample[]]),
  ) as Record<TName, TSample[]>;
  for (let round = -warmUps; round < rounds; round++) {
    // The other way round every second time: nobody is always the first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await things[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** How many per second, when `n` take as long as `run`. */
export async function rate(
  n: number,
  run: () => void | Promise<void>,
): Promise<number> {
  const start = performance.now();
  await run();
  return n / (performance.now() - start) * 1000;
}
