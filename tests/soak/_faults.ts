// What is done to the processes, and when: all of it from one seed.

import { randomOf } from "../_random.ts";

/** A fault, at a time of load; the time at rest does not count. */
export interface Fault {
  /** Milliseconds. */
  readonly at: number;
  /** The hub's process, or one of spokes by its number. */
  readonly whom: "hub" | number;
  /**
   * `kill` is SIGKILL and a new process later, `leave` the same in good order,
   * `stop` SIGSTOP and SIGCONT later, `kick` the hub's closing of one connection.
   */
  readonly what: "kill" | "leave" | "stop" | "kick";
  /** Milliseconds until the new process, or the SIGCONT. */
  readonly lasts: number;
  /** Which connection is kicked, and the code. */
  readonly pick: number;
  readonly code: number;
}

/** How the schedule is made. */
export interface FaultOptions {
  readonly seed: number;
  /** Of load. */
  readonly ms: number;
  /** Processes of spokes. */
  readonly processes: number;
  /** Whether processes can be stopped here. */
  readonly canStop: boolean;
}

/** Hubs live 30 to 60 s, processes of spokes are left alone for 4 to 10 s. */
const HUB_MS = 30_000;
const SPOKES_MS = 4_000;
const KICK_MS = 2_000;
/** In shorter runs everything happens sooner. */
const UNHURRIED_MS = 90_000;
/** From here on one hub lives for long, so that its memory can be judged. */
const LONG_MS = 330_000;

/** The faults of a run, in order. */
export function faultsOf(
  { seed, ms, processes, canStop }: FaultOptions,
): Fault[] {
  const random = randomOf(seed);
  const hurry = Math.min(1, ms / UNHURRIED_MS);
  // In the end longer than it takes to give a peer up.
  const mostStopped = Math.max(1500, 4500 * hurry);
  const faults: Fault[] = [];
  const add = (
    every: number,
    spread: number,
    whom: () => Fault["whom"],
    whats: readonly Fault["what"][],
  ) => {
    const next = () => hurry * (every + random(spread));
    for (let at = next(), i = 0; at < ms; at += next(), i++) {
      // The first ones in turn: a short run has them, too.
      const what = whats[i < whats.length ? i : random(whats.length)]!;
      const lasts = random(what === "stop" ? mostStopped : 1500);
      const code = [1001, 1013][random(2)]!;
      const pick = random(1_000_000);
      faults.push({ at, whom: whom(), what, lasts, pick, code });
    }
  };
  const stop = canStop ? ["stop"] as const : [];
  add(HUB_MS, HUB_MS, () => "hub", ["kill", ...stop, "leave", "kill"]);
  add(SPOKES_MS, 6_000, () => random(processes), [
    "kill",
    ...stop,
    "leave",
    "kill",
  ]);
  add(KICK_MS, 2 * KICK_MS, () => "hub", ["kick"]);
  const isLong = ms >= LONG_MS;
  return faults
    .filter(({ at, whom, what }) =>
      !(isLong && whom === "hub" && (what === "kill" || what === "leave") &&
        at > 0.35 * ms && at < 0.85 * ms)
    )
    .sort((one, two) => one.at - two.at);
}
