// A server of events that answers when the test says so.

import { later } from "../_deferred.ts";
import { type Loss, Losses } from "../_losses.ts";
import { Outgoing, type Sender } from "../_outgoing.ts";

/** An event that was handed to the client. */
export interface Sent {
  readonly name: string;
  readonly text: string;
  readonly confirm: () => void;
  readonly fail: (error: unknown) => void;
}

/** Behind what was put off, and all promises that can settle by now. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => later(resolve));
  await new Promise<void>((resolve) => later(resolve));
}

/** Outgoing over a client by hand. */
export class Bench implements Sender, Disposable {
  readonly resends: boolean;
  wasGone = false;
  /** What `publish` throws. */
  fault: Error | undefined;
  /** What `nameOf` throws. */
  nameFault: Error | undefined;
  readonly sent: Sent[] = [];
  readonly told: Loss[] = [];
  readonly losses: Losses = new Losses((loss) => this.told.push(loss));
  readonly outgoing: Outgoing;

  constructor(
    { resends = false, limit = Infinity }: {
      readonly resends?: boolean;
      readonly limit?: number;
    } = {},
  ) {
    this.resends = resends;
    this.outgoing = new Outgoing(this, limit, () => this.losses.end());
  }

  nameOf({ id }: { readonly id: string }): string {
    if (this.nameFault) throw this.nameFault;
    return `name of ${id}`;
  }

  publish(name: string, text: string): Promise<unknown> {
    if (this.fault) throw this.fault;
    return new Promise((resolve, reject) => {
      const confirm = () => resolve(undefined);
      this.sent.push({ name, text, confirm, fail: reject });
    });
  }

  [Symbol.dispose](): void {
    this.losses.end();
  }

  push(...texts: string[]): void {
    for (const text of texts) {
      const envelope = { type: "said", id: text, payload: null };
      const { losses } = this;
      const index = this.outgoing.nextIndex();
      const bytes = text.length;
      this.outgoing.push({ envelope, text, bytes, losses, index });
    }
  }

  /** All that was sent, in order, what was sent again included. */
  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** What came of a promise so far. */
  watch(promise: Promise<unknown>): { isOver: boolean } {
    const wait = { isOver: false };
    promise.then(() => wait.isOver = true);
    return wait;
  }
}
