// Two healthy peers that exchange numbered events through the hub under attack,
// and notice what is lost, late or out of order.

import assert from "node:assert/strict";
import { createEvent } from "../../mod.ts";
import { createIrohSpokeEventTarget } from "../../iroh_spoke.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type SpokeStatus,
} from "../../websocket_client.ts";
import type { Binding } from "../_iroh.ts";
import { percentile } from "../_length.ts";
import { Log } from "../_waiting.ts";

/** Milliseconds between one round trip and the next: a load, but a small one. */
const PAUSE = 5;

/** A client of a hub, whatever the transport. */
export async function connectPeer(
  address: string,
  binding: Binding | undefined,
  onStatus?: (status: SpokeStatus) => void,
): Promise<{ target: SpokeEventTarget; close(): Promise<unknown> }> {
  if (binding === undefined) {
    const target = await createWebSocketClientEventTarget(address, {
      onStatus,
    });
    return { target, close: () => target.close() };
  }
  const on = await binding.createEndpoint();
  const connecting = createIrohSpokeEventTarget({
    endpoint: on.endpoint,
    hubNodeId: address,
    onStatus,
  });
  await connecting.catch(() => on.close());
  const target = await connecting;
  return {
    target,
    close: async () => {
      await target.close();
      await on.close();
    },
  };
}

/** The two, at work until they are asked to stop. */
export class Witness implements AsyncDisposable {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #statuses: string[] = [];
  readonly #questions: number[] = [];
  readonly #answers = new Log<number>();
  #times: number[] = [];
  #isAtWork = true;
  #work: Promise<void> = Promise.resolve();

  static async start(
    address: string,
    binding?: Binding | undefined,
  ): Promise<Witness> {
    const witness = new Witness();
    const [asking, answering] = [
      await witness.#connect(address, binding),
      await witness.#connect(address, binding),
    ];
    answering.addEventListener("question", ({ detail: { payload } }) => {
      witness.#questions.push(payload as number);
      answering.dispatchEvent(createEvent("answer", "", payload));
    });
    asking.addEventListener("answer", ({ detail: { payload } }) => {
      witness.#answers.add(payload as number);
    });
    await Promise.all([asking.flush(), answering.flush()]);
    witness.#work = witness.#ask(asking);
    return witness;
  }

  async #connect(
    address: string,
    binding: Binding | undefined,
  ): Promise<SpokeEventTarget> {
    const peer = await connectPeer(address, binding, ({ type }) => {
      this.#statuses.push(type);
    });
    this.#closers.push(peer.close);
    return peer.target;
  }

  async #ask(asking: SpokeEventTarget): Promise<void> {
    for (let number = 0; this.#isAtWork; number++) {
      const start = performance.now();
      asking.dispatchEvent(createEvent("question", "", number));
      await this.#answers.count(number + 1);
      this.#times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Resolves after so many more round trips; gives how long those since the
   * last time took, in ms. */
  async trips(count: number): Promise<{ p50: number; p99: number }> {
    await this.#answers.count(this.#answers.all.length + count);
    const times = this.#times;
    this.#times = [];
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  }

  /** Stops them, and says that they noticed nothing. */
  async check(): Promise<void> {
    this.#isAtWork = false;
    await this.#work;
    const numbers = this.#answers.all.map((_, i) => i);
    assert.deepEqual(this.#answers.all, numbers, "Lost, or out of order");
    assert.deepEqual(this.#questions, numbers, "Lost, or out of order");
    assert.deepEqual(this.#statuses, [
      "connecting",
      "open",
      "connecting",
      "open",
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAtWork = false;
    for (const close of this.#closers) await close();
  }
}
