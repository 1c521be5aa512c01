// A client: publishes, knows what is on the disk, and misses nothing.

import { ConnectionError, createEvent } from "@alkdev/pubsub";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
  type SpokeOptions,
  type SpokeStatus,
} from "@alkdev/pubsub/event-target-websocket-client";
import type { Answer, Entry, LogEvent } from "./events.ts";
import { Follower } from "./_follower.ts";

/** A connection to the log, which comes back by itself. */
export class LogClient implements AsyncDisposable {
  readonly #id: string;
  readonly #spoke: SpokeEventTarget<LogEvent>;
  readonly #syncs = new Map<string, PromiseWithResolvers<void>>();
  readonly #followers = new Set<Follower>();

  private constructor(id: string, spoke: SpokeEventTarget<LogEvent>) {
    this.#id = id;
    this.#spoke = spoke;
    spoke.addEventListener(`direct:${id}`, ({ detail: { payload } }) => {
      this.#onAnswer(payload);
    });
  }

  /** @param url Where the server is. */
  static async connect(
    url: string,
    options: SpokeOptions = {},
  ): Promise<LogClient> {
    const id = crypto.randomUUID();
    let client: LogClient | undefined = undefined;
    const onStatus = (status: SpokeStatus) => {
      if (client) client.#onStatus(status);
      options.onStatus?.(status);
    };
    const spoke = await createWebSocketClientEventTarget<LogEvent>(
      `${url}?id=${id}`,
      { reconnect: { maxDelay: 3_000 }, ...options, onStatus },
    );
    return client = new LogClient(id, spoke);
  }

  /** Publishes an event. It is acknowledged by the next `sync`. */
  publish(event: LogEvent): void {
    this.#spoke.dispatchEvent(event);
  }

  /**
   * Resolves once all that was published before is on the disk of the server, as
   * far as it is of a type that is kept.
   *
   * @throws {ConnectionError} When the connection is lost first: what was
   * published since the last `sync` is there, or not.
   */
  async sync(): Promise<void> {
    const question = crypto.randomUUID();
    const synced = Promise.withResolvers<void>();
    this.#syncs.set(question, synced);
    this.#spoke.dispatchEvent(
      createEvent("log.synced", this.#id, { question }),
    );
    await synced.promise.finally(() => this.#syncs.delete(question));
  }

  /**
   * Gives every entry after a place, those of the past and then, without a gap
   * or one twice, those to come.
   *
   * @returns Stops it.
   */
  follow(
    after: number,
    onEntry: (entry: Entry) => void,
    onError: (error: Error) => void,
  ): () => void {
    const stopping = new AbortController();
    const follower = new Follower(after, {
      onEntry,
      onError,
      ask: (after) =>
        this.#spoke.dispatchEvent(
          createEvent("log.wanted", this.#id, { after }),
        ),
    });
    this.#followers.add(follower);
    // Before it asks: nothing can come between the answer and this.
    this.#spoke.addEventListener("log.stored", ({ detail }) => {
      follower.take(detail.payload);
    }, { signal: stopping.signal });
    follower.begin();
    return () => {
      stopping.abort();
      this.#followers.delete(follower);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spoke.close();
  }

  #onAnswer(answer: Answer): void {
    if (answer.kind === "synced") this.#syncs.get(answer.question)?.resolve();
    else for (const follower of this.#followers) follower.page(answer);
  }

  #onStatus(status: SpokeStatus): void {
    if (status.type === "open") {
      for (const follower of this.#followers) follower.begin();
      return;
    }
    // What is asked while there is no connection waits for the next one.
    const isLost = status.type === "reconnecting" && status.attempt === 1;
    if (!isLost && status.type !== "closed") return;
    const error = new ConnectionError("Cannot tell whether it is stored");
    for (const { reject } of this.#syncs.values()) reject(error);
  }
}
