// What one turn of the event loop publishes on a connection of NATS. Its client
// writes once for each task, and sockets of spokes bring each event as a task of
// its own.

import { type Deferred, deferred, later } from "./_deferred.ts";
import type { NatsConnectionLike } from "./_nats_types.ts";

/** Characters of a text: one that is longer gains nothing by company. */
const MAX_LENGTH = 16_384;

/** An event that goes with the others. */
interface Gathered {
  readonly subject: string;
  readonly text: string;
  readonly sent: Deferred<unknown>;
  /** Resolves once the server has it, when it has been sent. */
  confirmed(): Promise<unknown>;
}

const shared = new WeakMap<NatsConnectionLike, NatsTurn>();

/** By all targets on the connection: they keep their order. */
export class NatsTurn {
  readonly #connection: NatsConnectionLike;
  #gathered: Gathered[] = [];

  constructor(connection: NatsConnectionLike) {
    this.#connection = connection;
  }

  static of(connection: NatsConnectionLike): NatsTurn {
    let turn = shared.get(connection);
    if (!turn) shared.set(connection, turn = new NatsTurn(connection));
    return turn;
  }

  /** Publishes, at the end of the turn or now. */
  publish(
    subject: string,
    text: string,
    confirmed: () => Promise<unknown>,
  ): Promise<unknown> {
    if (!this.#mayWait(text)) {
      this.send();
      this.#connection.publish(subject, text);
      return confirmed();
    }
    const sent = deferred<unknown>();
    const count = this.#gathered.push({ subject, text, sent, confirmed });
    if (count === 1) later(() => this.send());
    return sent.promise;
  }

  /** Before anything else is told to the server. */
  send(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const { subject, text, sent, confirmed } of gathered) {
      try {
        this.#connection.publish(subject, text);
        sent.resolve(confirmed());
      } catch (error) {
        sent.reject(error);
      }
    }
  }

  /** What the client may throw is for the caller. */
  #mayWait({ length }: string): boolean {
    const { max_payload = Infinity } = this.#connection.info ?? {};
    // One UTF-16 code unit takes one to three bytes.
    return length <= MAX_LENGTH && length * 3 <= max_payload;
  }
}
