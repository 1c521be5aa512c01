// One spoke that stays, and all that it may do for long.

import { createEvent, createPubSub } from "../../mod.ts";
import type { SpokeEventTarget } from "../../iroh_spoke.ts";

/** Listens on a topic from then on; gives how to stop. */
type Pair = (topic: string, id: string) => (() => void) | undefined;

/** Pairs between two flushes: what is sent must not pile up. */
const GROUP = 1000;

export class Listening {
  readonly #spoke: SpokeEventTarget;
  readonly #pairs: readonly Pair[];
  /** How often a listener that listens once was called. */
  #fired = 0;
  #onFired = () => {};
  #last = 0;

  /** @param lasting A signal that never aborts, for as many listeners. */
  constructor(spoke: SpokeEventTarget, lasting: AbortSignal) {
    this.#spoke = spoke;
    const pubsub = createPubSub({ eventTarget: spoke });
    const removed = (
      topic: string,
      options?: AddEventListenerOptions,
    ) => {
      const listener = () => {};
      spoke.addEventListener(topic, listener, options);
      return () => spoke.removeEventListener(topic, listener);
    };
    this.#pairs = [
      (topic) => removed(topic),
      (topic) => removed(topic, { signal: lasting }),
      (topic) => {
        const abort = new AbortController();
        spoke.addEventListener(topic, () => {}, { signal: abort.signal });
        return () => abort.abort();
      },
      (topic) => {
        const fired = () => {
          this.#fired++;
          this.#onFired();
        };
        spoke.addEventListener(topic, fired, { once: true, signal: lasting });
        return undefined;
      },
      (_topic, id) => {
        const subscription = pubsub.subscribe("paired", id, {
          signal: lasting,
        });
        return () => void subscription.return();
      },
    ];
  }

  /** Listens on so many topics, each a new one, and stops. */
  async pairs(count: number): Promise<void> {
    for (let done = 0, kind = 0; done < count; done += GROUP, kind++) {
      const pair = this.#pairs[kind % this.#pairs.length]!;
      const [from, to] = [this.#last, this.#last += GROUP];
      const ends = [];
      for (let i = from; i < to; i++) {
        ends.push(pair(`paired:${i}`, String(i)));
      }
      if (ends[0] === undefined) await this.#fire(from, to);
      else for (const end of ends) end!();
      await this.#spoke.flush();
    }
  }

  async #fire(from: number, to: number): Promise<void> {
    await this.#spoke.flush();
    const all = this.#fired + (to - from);
    this.#spoke.dispatchEvent(createEvent("fire", "", { from, to }));
    while (this.#fired < all) {
      await new Promise<void>((resolve) => this.#onFired = resolve);
    }
  }

  /** Asks for as many answers, some at once. */
  async pings(count: number): Promise<void> {
    for (let done = 0; done < count; done += 100) {
      await Promise.all(
        Array.from({ length: 100 }, () => this.#spoke.flush()),
      );
    }
  }

  /** Sends what nobody listens to. */
  async dispatch(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#spoke.dispatchEvent(createEvent("nobody.listens", `${i}`, { i }));
      if (i % GROUP === GROUP - 1) await this.#spoke.flush();
    }
  }

  /** Comes back so often, each time with its topics. */
  async reconnects(count: number): Promise<void> {
    const heard = () => {};
    this.#spoke.addEventListener("kept", heard);
    for (let i = 0; i < count; i++) await this.#spoke.reconnect();
    this.#spoke.removeEventListener("kept", heard);
    await this.#spoke.flush();
  }
}
