// A process that is measured, and what it holds. It needs
// `--v8-flags=--expose-gc`.

import process from "node:process";
import { answer, type Commands, say } from "../_line_process.ts";

/** What a process holds. */
export interface Reading {
  /** Bytes of the JavaScript heap in use. */
  readonly heap: number;
  /** Bytes of the whole process, native memory included. */
  readonly rss: number;
  /** Open files and sockets; 0 where the system has no `/proc`. */
  readonly files: number;
  /** Timers and the like that are under way, as the platform names them. */
  readonly active: string[];
}

/** Rounds without less in use after which no more is to be collected. */
const STEADY_ROUNDS = 4;
const MAX_ROUNDS = 40;

/** Collects garbage, and lets run what the collection set off. */
export async function collect(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot collect garbage: no --expose-gc");
  // What a WeakRef was asked for stays until the turn ends.
  await new Promise((resolve) => setTimeout(resolve));
  gc();
  // Finalizers have a turn of their own, and what they free another.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** What this process holds, once no more of it can be collected. */
export async function read(): Promise<Reading> {
  let heap = Infinity;
  let steady = 0;
  for (let round = 0; round < MAX_ROUNDS && steady < STEADY_ROUNDS; round++) {
    await collect();
    const { heapUsed } = process.memoryUsage();
    // A few bytes less, time and again, are of the measuring itself.
    steady = heapUsed < heap - 4096 ? 0 : steady + 1;
    heap = Math.min(heap, heapUsed);
  }
  const { rss } = process.memoryUsage();
  return { heap, rss, files: countFiles(), active: countActive() };
}

function countFiles(): number {
  try {
    // One is of the reading itself.
    return [...Deno.readDirSync("/proc/self/fd")].length - 1;
  } catch {
    return 0;
  }
}

function countActive(): string[] {
  return process.getActiveResourcesInfo().sort();
}

/** Says hello, then carries out commands. */
export async function serve(
  hello: unknown,
  commands: Commands,
): Promise<never> {
  say({ hello });
  return await answer(commands);
}
