// Accepts connections on an endpoint and hands each to whoever serves its ALPN.
//
// A pending accept of a binding cannot be cancelled short of closing the
// endpoint, which is not ours. So an endpoint has one acceptor for its life:
// hubs come and go on it, and two with different ALPNs share it.

import type { IrohEndpoint } from "./_iroh_types.ts";
import type { QuicConnection, QuicEndpoint } from "./_iroh_binding.ts";
import { adaptEndpoint } from "./_iroh_binding.ts";
import { closeReason } from "./_link.ts";
import { CloseCode } from "./errors.ts";

/** Who takes the connections of one ALPN. */
export interface AlpnServer {
  onConnection(connection: QuicConnection): void;
  /** No connection can come any more. */
  onEndpointClosed(): void;
  /** A handshake failed, or accepting did. */
  onError(error: unknown): void;
}

/** The acceptor of one endpoint. */
class Acceptor {
  readonly #endpoint: QuicEndpoint;
  readonly #servers = new Map<string, AlpnServer>();
  #running = false;
  #isOver = false;

  constructor(endpoint: QuicEndpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Takes the connections of some ALPNs from now on.
   *
   * @returns Stops that.
   * @throws {TypeError} When an ALPN is taken, or the endpoint closed.
   */
  serve(alpns: readonly string[], server: AlpnServer): () => void {
    for (const alpn of alpns) {
      if (this.#isOver || this.#endpoint.isClosed) {
        throw new TypeError(`Cannot serve ${alpn}: the endpoint is closed`);
      }
      if (this.#servers.has(alpn)) {
        throw new TypeError(
          `Cannot serve ${alpn}: another hub serves it on this endpoint`,
        );
      }
    }
    for (const alpn of alpns) this.#servers.set(alpn, server);
    if (!this.#running) {
      this.#running = true;
      for (let i = 0; i < this.#endpoint.parallelAccepts; i++) {
        void this.#accept();
      }
    }
    return () => {
      for (const alpn of alpns) {
        if (this.#servers.get(alpn) === server) this.#servers.delete(alpn);
      }
    };
  }

  async #accept(): Promise<void> {
    for (let failures = 0;;) {
      try {
        const finish = await this.#endpoint.accept();
        if (finish === null) return this.#onEndpointClosed();
        failures = 0;
        void this.#handshake(finish);
      } catch (error) {
        // A peer's failed handshake. Should accepting itself be broken, do not
        // spin: with every failure in a row, let more of the others run first.
        this.#report(error);
        await pause(Math.min(++failures - 1, 100));
      }
    }
  }

  #onEndpointClosed(): void {
    this.#isOver = true;
    for (const server of this.#all()) server.onEndpointClosed();
    this.#servers.clear();
  }

  async #handshake(finish: () => Promise<QuicConnection>): Promise<void> {
    try {
      const connection = await finish();
      const server = this.#servers.get(connection.alpn);
      if (server) server.onConnection(connection);
      else {
        const reason = closeReason(`no hub of ${connection.alpn} here`);
        connection.close(CloseCode.GOING_AWAY, reason);
      }
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    for (const server of this.#all()) server.onError(error);
  }

  /** Each once, however many ALPNs it serves. */
  #all(): Set<AlpnServer> {
    return new Set(this.#servers.values());
  }
}

function pause(delay: number): Promise<void> {
  return delay === 0
    ? Promise.resolve()
    : new Promise((resolve) => setTimeout(resolve, delay));
}

const acceptors = new WeakMap<object, Acceptor>();

/** The acceptor of an endpoint, made on first use. */
export function acceptorOf(endpoint: IrohEndpoint): Acceptor {
  let acceptor = acceptors.get(endpoint);
  if (acceptor === undefined) {
    acceptor = new Acceptor(adaptEndpoint(endpoint));
    acceptors.set(endpoint, acceptor);
  }
  return acceptor;
}
