// How a connection gets into a hub: there is room for it, the application agrees,
// and its peer sends something, all in time.

import type { Authorization } from "./_authorization.ts";
import { within } from "./_deferred.ts";
import type { Connection, PendingConnection } from "./_hub_connection.ts";
import type { HubFault, hubOptions } from "./_hub_options.ts";
import type { HubLink } from "./_link.ts";
import { inLine } from "./_options.ts";
import { CloseCode, RefusedError } from "./errors.ts";

/** What an admission needs of its hub. */
export interface AdmissionOwner<TMessage> {
  isClosing(): boolean;
  /** How many connections hold a place, but for those that are pending. */
  held(): number;
  connectionOf(pending: PendingConnection<TMessage>): Connection<TMessage>;
  admit(connection: Connection<TMessage>, link: HubLink<TMessage>): void;
  report(fault: HubFault): void;
}

/** The connections that are not admitted yet. */
export class Admission<TMessage> {
  readonly #owner: AdmissionOwner<TMessage>;
  readonly #options: ReturnType<typeof hubOptions>;
  readonly #authorization: Authorization;
  readonly #pending = new Set<PendingConnection<TMessage>>();

  constructor(
    options: ReturnType<typeof hubOptions>,
    authorization: Authorization,
    owner: AdmissionOwner<TMessage>,
  ) {
    this.#owner = owner;
    this.#options = options;
    this.#authorization = authorization;
  }

  /** Closes those that are pending. */
  close(): void {
    for (const pending of this.#pending) {
      pending.close(CloseCode.GOING_AWAY, "closing");
    }
  }

  /** Takes in a connection: limits, authorization, then its events. */
  async accept(pending: PendingConnection<TMessage>): Promise<void> {
    const { maxConnections } = this.#options;
    if (this.#owner.isClosing()) {
      return pending.close(CloseCode.GOING_AWAY, "closing");
    }
    if (this.#owner.held() + this.#pending.size >= maxConnections) {
      const reason = `over ${maxConnections} connections`;
      pending.close(CloseCode.SLOW_CONSUMER, reason);
      return this.#refuse(pending.remoteId, reason);
    }
    this.#pending.add(pending);
    const connection = this.#owner.connectionOf(pending);
    // A check that takes long is no fault of the peer's: it may try again.
    let [code, reason]: [number, string] = [
      CloseCode.SLOW_CONSUMER,
      "not authorized in time",
    ];
    try {
      if (this.#options.authorizeConnection) {
        const asked = this.#mayConnect(connection, pending);
        const asLong = Promise.race([asked, pending.left]);
        const allowed = await this.#inTime(asLong, "authorized");
        if (allowed === false) {
          return pending.close(CloseCode.NOT_ALLOWED, "connection refused");
        }
        if (allowed !== true) return; // It has left.
      }
      [code, reason] = [CloseCode.PROTOCOL_ERROR, "not ready"];
      const link = await this.#inTime(pending.open(), "ready");
      if (link === undefined) return; // Here, too.
      if (this.#owner.isClosing()) link.close(CloseCode.GOING_AWAY, "closing");
      else this.#owner.admit(connection, link);
    } catch (cause) {
      pending.close(code, reason);
      if (this.#owner.isClosing()) return;
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#refuse(connection.id, why, { cause, connection });
    } finally {
      this.#pending.delete(pending);
    }
  }

  #inTime<T>(promise: Promise<T>, done: string): Promise<T> {
    const { handshakeTimeout } = this.#options;
    return within(promise, handshakeTimeout, () => {
      throw new Error(`it was not ${done} in ${handshakeTimeout} ms`);
    });
  }

  #mayConnect(
    connection: Connection<TMessage>,
    pending: PendingConnection<TMessage>,
  ): Promise<boolean> {
    return this.#authorization.allows(
      () => this.#options.authorizeConnection!(connection),
      () =>
        `Cannot accept connection of ${
          inLine(connection.id)
        }: authorizeConnection refused it`,
      { connection },
      () => this.#pending.has(pending),
    );
  }

  #refuse(
    id: string,
    why: string,
    { cause, connection }: {
      readonly cause?: unknown;
      readonly connection?: Connection<TMessage>;
    } = {},
  ): void {
    const error = new RefusedError(
      `Cannot accept connection of ${inLine(id)}: ${why}`,
      { cause },
    );
    this.#owner.report({ error, connection });
  }
}
