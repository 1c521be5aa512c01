// How a demo ends: its exit status, and what ends it early.

export const GOOD = 0, BAD = 1, CANNOT_RUN = 2;

const SIGNALS = [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]] as const;

/** Calls back when somebody ends the demo, with the status to exit with. */
export function onInterrupt(callback: (status: number) => void): void {
  for (const [signal, number] of SIGNALS) {
    Deno.addSignalListener(signal, () => callback(128 + number));
  }
}
