/**
 * Links hubs of several processes through an engine: a topic is listened on there
 * while a connection here is subscribed to it, and what is published here goes
 * there once.
 *
 * @example The same in every process behind a load balancer
 * ```ts ignore
 * import { connect } from "@nats-io/transport-node";
 * import { bridge } from "@alkdev/pubsub/bridge";
 * import { createNatsEventTarget } from "@alkdev/pubsub/event-target-nats";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 *
 * const hub = createWebSocketServerEventTarget({ relay: true });
 * const connection = await connect({
 *   servers: "127.0.0.1:4222",
 *   maxReconnectAttempts: -1,
 * });
 * const engine = createNatsEventTarget({ connection });
 * const link = bridge({
 *   hub,
 *   engine,
 *   onError: ({ error, lost = 0 }) => console.error(String(error), lost),
 * });
 *
 * console.log(await link.subscribers("message.sent:room-1")); // on all hubs
 * ```
 *
 * @module
 */

import type { Engine, EngineMember } from "./_engine.ts";
import type { EngineEventTarget } from "./_engine_options.ts";
import { EngineTarget } from "./_engine_target.ts";
import { Hub } from "./_hub.ts";
import type { HubEventTarget } from "./_hub_options.ts";
import type { HubTap, TappedHub } from "./_hub_tap.ts";
import { tell } from "./_listeners.ts";
import { Losses } from "./_losses.ts";
import { milliseconds, optionalFunction, show } from "./_options.ts";
import { BRIDGE_TYPE, Roster } from "./_roster.ts";
import { type Origin, Source } from "./_origin.ts";
import { type EventEnvelope, topicOf } from "./envelope.ts";
import { ClosedError } from "./errors.ts";

export type {
  /** A target whose events go through an engine to all others on it. */
  EngineEventTarget,
} from "./_engine_options.ts";
export type {
  /** How a connection ended. */
  DisconnectReason,
  /** One connection of a hub, as its application sees it. */
  HubConnection,
  /** The server end of many connections. */
  HubEventTarget,
  /** What has gone through a hub since it was made. */
  HubStats,
} from "./_hub_options.ts";

/** What {@linkcode bridge} takes. */
export interface BridgeArgs {
  /** One hub or several, of iroh or WebSocket. They stay the caller's. */
  hub: HubEventTarget | readonly HubEventTarget[];
  /** What links it to the others. It stays the caller's. */
  engine: EngineEventTarget;
  /** The engine cannot be reached, or events were lost. */
  onError?: ((fault: BridgeFault) => void) | undefined;
}

/** What `onError` is told. */
export interface BridgeFault {
  /** What went wrong. */
  readonly error: unknown;
  /** With which topic, if with one. */
  readonly topic?: string | undefined;
  /** Events that are not known to have reached the engine, if any. */
  readonly lost?: number | undefined;
}

/** Options of {@linkcode Bridge.subscribers}. */
export interface SubscribersOptions {
  /**
   * Milliseconds that the other hubs have to answer.
   *
   * @default {1000}
   */
  timeout?: number | undefined;
}

/** A link between hubs and an engine. */
export interface Bridge extends AsyncDisposable {
  /** Events so far that are not known to have reached the engine. */
  readonly lost: number;
  /**
   * Asks all hubs on the engine who is subscribed to a topic: to exactly that
   * one. It takes one way there and back; when a hub that was there does not
   * answer, `timeout`, and `onError` is told. A bridge that was just made, or has
   * just lost the engine, first gives the others 250 ms to say that they are there.
   *
   * @param topic `type` or `type:id`.
   * @param options How long to wait.
   * @returns The ids of the peers, each once.
   * @throws {TypeError} When `topic` is not a string.
   * @throws {RangeError} When `timeout` is out of range.
   * @throws {ClosedError} When the bridge or the engine is closed, or is
   * meanwhile.
   */
  subscribers(topic: string, options?: SubscribersOptions): Promise<string[]>;
  /**
   * Resolves once the engine has answered to all that was sent before.
   *
   * @throws {ClosedError} When the engine has ended.
   */
  flush(): Promise<void>;
  /**
   * Lets go of hubs and engine, which go on, and waits up to 5 seconds for the
   * engine to answer to what was sent, unless it is known to be gone. Idempotent.
   * Until then its timer keeps the process alive.
   */
  close(): Promise<void>;
}

/**
 * Links hubs to an engine, and by it to all hubs that are linked to it.
 *
 * The first connection that subscribes to a topic makes the bridge listen on the
 * engine, the last one leaving ends that; a spoke's `flush()` waits for it. What
 * the hub's application dispatches goes to the engine, and what connections send
 * as well if the hub relays. What comes from the engine goes to the subscribed
 * connections, each once, and nowhere else. With several hubs it passes events
 * from one to the other, engine or not.
 *
 * While the engine cannot be reached, the hubs go on by themselves; events are
 * queued as far as the engine's target does, else counted in `lost` and told to
 * `onError`.
 *
 * @param args Hubs, engine, and whom to tell.
 * @returns The link. Hubs and engine go on when it is closed.
 * @throws {TypeError} When an argument is wrong.
 * @throws {RangeError} When the engine has no name for the topics of bridges: its
 * prefix is too long.
 * @throws {ClosedError} When the engine's target is closed.
 *
 * @example A hub of iroh and one of WebSocket, in each process
 * ```ts
 * import { type Bridge, bridge, type EngineEventTarget, type HubEventTarget } from "@alkdev/pubsub/bridge";
 *
 * function link(hubs: HubEventTarget[], engine: EngineEventTarget): Bridge {
 *   return bridge({
 *     hub: hubs,
 *     engine,
 *     onError: ({ error, lost = 0 }) => console.error(String(error), lost),
 *   });
 * }
 * console.log(typeof link);
 * ```
 */
export function bridge(args: BridgeArgs): Bridge {
  return new HubBridge(args);
}

class HubBridge implements Bridge, EngineMember {
  readonly losses: Losses = new Losses((loss) => this.onFault(loss));
  readonly #engine: Engine;
  readonly #hubs: TappedHub[] = [];
  /** How many of the hubs need a topic. */
  readonly #interest = new Map<string, number>();
  readonly #source = new Source();
  readonly #roster: Roster;
  readonly #onError: BridgeArgs["onError"];
  readonly takesErrors: boolean;
  #closing: Promise<void> | undefined;
  #hasEnded = false;

  constructor(args: BridgeArgs) {
    const { hub, engine, onError }: BridgeArgs = Object(args);
    this.#onError = optionalFunction("onError", onError);
    this.takesErrors = onError !== undefined;
    this.#engine = EngineTarget.engineOf(engine);
    const hubs = Array.isArray(hub) ? hub as HubEventTarget[] : [hub];
    if (hubs.length === 0) throw new TypeError("Cannot use hub: there is none");
    this.#engine.join(this);
    this.#roster = new Roster({
      name: this.#source.name,
      isReachable: () => this.#engine.isReachable,
      send: (envelope) => this.#engine.signal(envelope, this.#source.next()),
      subscribed: () => this.#engine.subscribed(),
      subscribers: (topic) => this.#subscribersHere(topic),
      onFault: (error) => this.onFault({ error }),
    });
    try {
      for (const one of new Set(hubs)) this.#add(one as HubEventTarget);
      for (const topic of this.#roster.topics) this.#engine.listen(this, topic);
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#roster.start();
  }

  get lost(): number {
    return this.losses.total;
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async subscribers(
    topic: string,
    { timeout = 1_000 }: SubscribersOptions = {},
  ): Promise<string[]> {
    if (typeof topic !== "string") {
      throw new TypeError(`Cannot use topic: ${show(topic)} is not a string`);
    }
    if (this.#closing || this.#hasEnded) {
      throw new ClosedError(
        "Cannot ask who is subscribed: the bridge is closed",
      );
    }
    return this.#roster.subscribers(
      topic,
      milliseconds("timeout", timeout, 1),
    );
  }

  flush(): Promise<void> {
    return this.#engine.flush();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The hubs here have passed on what comes from here. */
  isOwn(source: string): boolean {
    return this.#hubs.some((hub) => hub.source === source);
  }

  onEvent(envelope: EventEnvelope, from: Origin): void {
    if (envelope.type === BRIDGE_TYPE) {
      this.#roster.receive(envelope.payload, from.source);
    } else this.#deliver(envelope, from, undefined);
  }

  onFault(fault: BridgeFault): void {
    tell(this.#onError, fault);
  }

  onUp(): Promise<void> {
    return this.#roster.gather();
  }

  onEnded(error: Error | undefined): void {
    this.#hasEnded = true;
    this.#roster.leave();
    if (error) this.onFault({ error });
  }

  #add(hub: HubEventTarget): void {
    const tap: HubTap = {
      onFirst: (topic) => this.#onFirst(topic),
      onLast: (topic) => this.#onLast(topic),
      whenListening: (topic) => this.#engine.whenListening(topic),
      onPublish: (envelope, from) => {
        this.#deliver(envelope, from, tapped);
        this.#publish(envelope, from);
      },
    };
    const tapped = Hub.tap(hub, tap);
    this.#hubs.push(tapped);
    for (const topic of tapped.topics()) this.#onFirst(topic);
  }

  #onFirst(topic: string): void {
    const hubs = this.#interest.get(topic) ?? 0;
    this.#interest.set(topic, hubs + 1);
    if (hubs > 0 || this.#hasEnded) return;
    try {
      this.#engine.listen(this, topic);
    } catch (error) {
      // The target is about to close, and tells of it.
      if (!(error instanceof ClosedError)) this.onFault({ error, topic });
    }
  }

  #onLast(topic: string): void {
    const hubs = this.#interest.get(topic)! - 1;
    if (hubs > 0) return void this.#interest.set(topic, hubs);
    this.#interest.delete(topic);
    this.#engine.unlisten(this, topic);
  }

  #deliver(
    envelope: EventEnvelope,
    from: Origin,
    sender: TappedHub | undefined,
  ): void {
    for (const hub of this.#hubs) {
      if (hub === sender) continue;
      try {
        hub.deliver(envelope, from);
      } catch (error) {
        this.onFault({ error, topic: topicOf(envelope) });
      }
    }
  }

  #publish(envelope: EventEnvelope, from: Origin): void {
    try {
      this.#engine.publish(envelope, from, this.losses);
    } catch (error) {
      this.losses.add(error, topicOf(envelope));
    }
  }

  #subscribersHere(topic: string): Set<string> {
    return new Set(this.#hubs.flatMap((hub) => hub.subscribers(topic)));
  }

  async #close(): Promise<void> {
    this.#roster.leave();
    this.#release();
    const error = await this.#engine.settle();
    if (error) this.onFault({ error });
    this.losses.end();
  }

  #release(): void {
    for (const hub of this.#hubs) hub.release();
    this.#engine.leave(this);
  }
}
