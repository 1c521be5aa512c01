// Spokes that come and go, in every way there is.

import { createEvent, PubSubError } from "../../mod.ts";
import type { SpokeEventTarget } from "../../iroh_spoke.ts";
import type { Dialling } from "./_transports.ts";

/** One visit: connects, talks, and is gone when its promise settles. */
type Visit = (
  dialling: Dialling,
  id: string,
  lasting: AbortSignal,
) => Promise<void>;

const once = { reconnect: false } as const;

const visits: readonly Visit[] = [
  async function closes(dialling, id, signal) {
    const spoke = await dialling.connect({ ...once, signal });
    await talk(spoke, id);
    await spoke.close();
  },
  async function isAborted(dialling, id) {
    const abort = new AbortController();
    const spoke = await dialling.connect({ signal: abort.signal });
    await talk(spoke, id);
    abort.abort();
    await spoke.closed;
  },
  async function isCut(dialling, id, signal) {
    const spoke = await dialling.connect({ ...once, signal });
    await talk(spoke, id);
    spoke.dispatchEvent(createEvent("cut", id, null));
    await spoke.closed;
  },
  async function breaks(dialling, id, signal) {
    const { spoke, breakOff } = await dialling.connectFragile({
      ...once,
      signal,
    });
    await talk(spoke, id);
    breakOff();
    await spoke.closed;
  },
  async function givesUpDialling(dialling) {
    const abort = new AbortController();
    const connecting = dialling.connect({ signal: abort.signal });
    abort.abort();
    await refused(connecting);
  },
  async function isTurnedAway(dialling) {
    await refused(dialling.connectAsStranger());
  },
];

/** Subscribes, and gets an event; the listeners are left to the end. */
async function talk(spoke: SpokeEventTarget, id: string): Promise<void> {
  const answered = new Promise((resolve) =>
    spoke.addEventListener(`answered:${id}`, resolve)
  );
  await spoke.flush();
  spoke.dispatchEvent(createEvent("asked", id, null));
  await answered;
}

async function refused(connecting: Promise<SpokeEventTarget>): Promise<void> {
  const error = await connecting.then(() => undefined, (error) => error);
  if (!(error instanceof PubSubError)) throw new Error(`Not refused: ${error}`);
}

/** Visits that are under way at once. */
const AT_ONCE = 20;

let visitors = 0;

/** So many visits, as many of each kind. */
export async function comeAndGo(
  dialling: Dialling,
  count: number,
  lasting: AbortSignal,
): Promise<void> {
  for (let done = 0, kind = 0; done < count; kind++) {
    const visit = visits[kind % visits.length]!;
    const group = Math.min(AT_ONCE, count - done);
    done += group;
    await Promise.all(
      Array.from(
        { length: group },
        () => visit(dialling, String(++visitors), lasting),
      ),
    );
  }
}
