// Clients of a hub, over WebSocket or iroh as its address says.

import type {
  SpokeEventTarget,
  SpokeOptions,
  SpokeStatus,
} from "../_spoke_options.ts";
import { CloseCode } from "../errors.ts";
import { createWebSocketClientEventTarget } from "../websocket_client.ts";
import { ClientSockets } from "./_client_sockets.ts";
import type { Context } from "./_context.ts";
import { explain, Failure } from "./_failure.ts";
import { type HubAddress, hubAddress } from "./_hub_address.ts";
import {
  bindEndpoint,
  type BoundEndpoint,
  type Reach,
} from "./_iroh_endpoint.ts";
import { readSecretKey } from "./_secret_key.ts";

/** How clients are made. */
export interface HubClientsOptions {
  /**
   * What they send one by one is timed. Deno's own WebSocket leaves Nagle's
   * algorithm on, which holds messages back for up to 40 ms: that of `ws`, which
   * is slower under load, is taken if it is there.
   */
  readonly isTimed?: boolean;
}

/** The attempt that is told what may be wrong: a hub that restarts is back by then. */
const HINT_ATTEMPT = 2;

/** Makes clients of one hub. */
export class HubClients {
  readonly address: HubAddress;
  readonly #context: Context;
  readonly #targets = new Set<SpokeEventTarget>();
  #endpoint: Promise<BoundEndpoint> | undefined;
  readonly #isTimed: boolean;
  #sockets: Promise<ClientSockets> | undefined;
  #isClosing = false;

  /** @throws {UsageError} When `--hub` names none. */
  constructor(context: Context, { isTimed = false }: HubClientsOptions = {}) {
    this.#context = context;
    this.#isTimed = isTimed;
    this.address = hubAddress(context.args.text("hub")!);
  }

  /** The hub, for people. */
  get name(): string {
    return this.address.name;
  }

  /**
   * Connects; what becomes of the connection later is told to people.
   *
   * @throws {Error} When the hub cannot be reached, or the command ends before.
   */
  async connect(options: SpokeOptions = {}): Promise<SpokeEventTarget> {
    const leaving = new AbortController();
    const { signal } = this.#context.ending;
    const onAbort = () => leaving.abort();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      const target = await this.#connect({
        onStatus: this.#teller(),
        ...options,
        signal: leaving.signal,
      });
      this.#targets.add(target);
      return target;
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(await this.#refusal(error), { cause: error });
    } finally {
      // From here on the command says when it closes.
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Connects, for one connection: a loss may have lost what was in flight, which
   * is for the caller to know, not to be glossed over.
   *
   * @param onLost Called once when the connection is lost.
   */
  async connectOnce(
    waitOnFirstConnect: boolean,
    onLost: (error: Error) => void,
  ): Promise<SpokeEventTarget> {
    const tell = this.#teller();
    let state: "new" | "open" | "lost" = "new";
    return await this.connect({
      waitOnFirstConnect,
      // While it is waited for it may fail as often as it likes.
      ...!waitOnFirstConnect && { reconnect: false },
      onStatus: (status) => {
        const { type } = status;
        if (state === "new") tell(status);
        if (type === "open" && state === "new") state = "open";
        const isLoss = type === "reconnecting" || type === "closed";
        if (state !== "open" || !isLoss || this.#isClosing) return;
        state = "lost";
        onLost(
          status.error ?? new Failure(`hub ${this.name} closed the connection`),
        );
      },
    });
  }

  /** Sends what is queued, and closes all. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(Array.from(this.#targets, (target) => target.close()));
    const sockets = await this.#sockets?.catch(() => undefined);
    await sockets?.closed();
    const endpoint = await this.#endpoint?.catch(() => undefined);
    await endpoint?.close();
  }

  async #connect(options: SpokeOptions): Promise<SpokeEventTarget> {
    const { address } = this;
    if (address.kind === "websocket") {
      const sockets = await (this.#sockets ??= ClientSockets.load(
        this.#isTimed,
      ));
      return await createWebSocketClientEventTarget(
        () => sockets.open(address.url),
        options,
      );
    }
    const { createIrohSpokeEventTarget } = await import("../iroh_spoke.ts");
    const { endpoint } = await (this.#endpoint ??= this.#bind(address.reach));
    return await createIrohSpokeEventTarget({
      ...options,
      endpoint,
      hubNodeId: address.address,
    });
  }

  async #bind(reach: Reach): Promise<BoundEndpoint> {
    const file = this.#context.args.text("secret-key");
    const secretKey = file === undefined
      ? undefined
      : await readSecretKey(file);
    return await bindEndpoint({
      ...{ reach, secretKey },
      purpose: "connect over iroh",
    });
  }

  #teller(): (status: SpokeStatus) => void {
    const { notes } = this.#context;
    let last: string | undefined;
    return (status) => {
      if (status.type === "reconnecting") {
        const why = this.explain(status.error);
        // It may go on for hours: once is enough.
        if (why !== last) notes.warn(`${why}; trying again`);
        last = why;
        if (status.attempt === HINT_ATTEMPT && this.address.kind === "iroh") {
          notes.warn(
            "a hub that was started anew has a new ticket, unless it is given --secret-key and --iroh-port",
          );
        }
      } else if (status.type === "open" && last !== undefined) {
        last = undefined;
        notes.warn(`connected to ${this.name}`);
      } else if (status.type === "error") {
        notes.warn(this.explain(status.error));
      }
    };
  }

  /** Who is not let in is told by which name: the hub has to be given it. */
  async #refusal(error: unknown): Promise<string> {
    const text = this.explain(error);
    const { closeCode } = Object(error) as { closeCode?: number };
    if (closeCode !== CloseCode.NOT_ALLOWED || !this.#endpoint) return text;
    const { nodeId } = await this.#endpoint;
    return `${text}; it has to --allow ${nodeId}`;
  }

  /** An error in one line: the library does not know to whom a factory leads. */
  explain(error: unknown): string {
    return explain(error)
      .replace("the hub of the socket factory", `hub ${this.name}`);
  }
}
