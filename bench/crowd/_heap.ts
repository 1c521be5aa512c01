// The heap of this process.

const gc = (globalThis as { gc?: (how: object) => void }).gc;

/** What objects and buffers take after a collection. Wants `--expose-gc`. */
export async function heapBytes(): Promise<number> {
  if (gc === undefined) throw new Error("Cannot collect: no --expose-gc");
  // Finalizers run in a task of their own, and leave more to collect.
  for (let i = 0; i < 3; i++) {
    // The last resort compacts, and gives back what is empty.
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
