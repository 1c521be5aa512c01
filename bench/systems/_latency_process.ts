// Two clients of a server in one process, which has one clock: how long a message
// takes from one to the other. Arguments: of which system, the address of its
// server, and that of the publisher's if it is another.

import process from "node:process";
import { answer, say } from "../../tests/_line_process.ts";
import { deferred, within } from "../../_deferred.ts";
import { type Message, messageEvent } from "../_events.ts";
import { loadSystem, type SystemId } from "./_systems.ts";

/** Longer than any that is not lost takes. */
const PATIENCE = 30_000;

/** What is asked for. */
export interface Pace {
  readonly count: number;
  readonly perSecond: number;
}

const [, , id, address = "", publishAt = address] = process.argv;
const system = await loadSystem(id as SystemId);
const subscriber = await system.connect(address);
const publisher = await system.connect(publishAt);

const { seq: firstSeq } = messageEvent(0).detail.payload;
let tookOf: Float64Array = new Float64Array(0);
let sentAt: Float64Array = new Float64Array(0);
let came = 0;
let allCame = deferred<void>();

await subscriber.subscribe("message.sent", ({ payload }) => {
  const n = (payload as Message).seq - firstSeq;
  tookOf[n] = performance.now() - sentAt[n]!;
  if (++came === tookOf.length) allCame.resolve();
});

say({ ready: true });
await answer({
  /** Gives what each message took, in microseconds, in ascending order. */
  async measure({ count, perSecond }: Pace): Promise<number[]> {
    const events = Array.from({ length: count }, (_, n) => messageEvent(n));
    tookOf = new Float64Array(count).fill(NaN);
    sentAt = new Float64Array(count);
    came = 0;
    allCame = deferred();
    const start = performance.now();
    for (let n = 0; n < count;) {
      // By the clock: a timer that is late does not make it fewer.
      const passed = performance.now() - start;
      const due = Math.min(count, Math.ceil(passed / 1000 * perSecond));
      for (; n < due; n++) {
        sentAt[n] = performance.now();
        publisher.publish(events[n]!.detail);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await within(allCame.promise, PATIENCE, () => {
      throw new Error(`${came} of ${count} messages came`);
    });
    if (tookOf.some(Number.isNaN)) throw new Error("A message came twice");
    return Array.from(tookOf.sort(), (milliseconds) => milliseconds * 1000);
  },
});
