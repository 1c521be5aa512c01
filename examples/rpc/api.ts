// What the server does for others. The client imports the type of it alone.

import { availableParallelism, freemem, hostname, totalmem } from "node:os";
import * as v from "valibot";
import { method, RpcError } from "./rpc.ts";

export const api = {
  /** Who called: what the hub knows, whatever the call claims. */
  whoami: method(v.null(), (_params, { id }) => id),

  /** What runs here. */
  machine: method(v.null(), () => ({
    name: hostname(),
    cores: availableParallelism(),
    memory: totalmem(),
    free: freemem(),
  })),

  /** An error that travels. */
  divide: method(
    v.strictObject({ a: v.number(), b: v.number() }),
    ({ a, b }) => {
      if (b === 0) {
        throw new RpcError(
          "division_by_zero",
          `${a} / 0 is nothing`,
        );
      }
      return a / b;
    },
  ),

  /** Takes its time, and stops when nobody waits any more. */
  sleep: method(
    v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)),
    async (ms, { id, signal }) => {
      try {
        await wait(ms, signal);
        return `slept for ${ms} ms`;
      } catch (error) {
        console.log(`${id.slice(0, 8)} no longer waits for sleep`);
        throw error;
      }
    },
  ),

  /** An error that stays here: it may hold what others are not to know. */
  fail: method(v.null(), (): never => {
    throw new Error("The password hunter2 is wrong");
  }),
};

/** The type of it is all that a client needs. */
export type MachineApi = typeof api;

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
