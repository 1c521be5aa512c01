// What is left behind, seen by the garbage collector.

import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

/** One turn of the event loop: weak references hold until the turn ends. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Collects until no more than so many are alive; gives how many still are. */
export async function countAlive(
  refs: readonly WeakRef<object>[],
  enough = 0,
): Promise<number> {
  let alive = refs.length;
  for (let i = 0; i < 20 && alive > enough; i++) {
    await turn();
    collect();
    alive = refs.filter((ref) => ref.deref() !== undefined).length;
  }
  return alive;
}

/** Bytes of JavaScript objects that something still refers to. */
export async function heapBytes(): Promise<number> {
  await turn();
  collect();
  await turn();
  collect();
  return Deno.memoryUsage().heapUsed;
}
