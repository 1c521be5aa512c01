// One person in the chat, over any transport: the page has a WebSocket, the
// terminal an iroh stream, and what is here is the same for both.

import { createPubSub, type PubSub } from "@alkdev/pubsub";
import type { SpokeEventTarget } from "@alkdev/pubsub/event-target-websocket-client";
import {
  type ChatEvent,
  type ChatEventMap,
  type Message,
  type Person,
  schemas,
  type Welcome,
} from "./events.ts";

/** Messages that are known by their id, so that none is shown twice. */
const MAX_SHOWN = 500;

/** Whoever shows a chat. */
export interface ChatView {
  /**
   * Shows a message as the last one; one that is there already moves.
   *
   * @param isSent The server has it.
   */
  showMessage(message: Message, isSent: boolean): void;
  /** Shows who is in the room. */
  showPeople(people: readonly Person[]): void;
  /** Something went wrong that the connection itself does not tell. */
  showError(error: unknown): void;
}

/** A person, who is in one room at a time. */
export class Chat {
  readonly #spoke: SpokeEventTarget<ChatEvent>;
  readonly #pubsub: PubSub<ChatEventMap>;
  readonly #view: ChatView;
  #me: Person;
  #room = "";
  #leaving = new AbortController();
  /** By id: whether the server has it. */
  #shown = new Map<string, boolean>();

  constructor(spoke: SpokeEventTarget<ChatEvent>, me: Person, view: ChatView) {
    this.#spoke = spoke;
    this.#pubsub = createPubSub({
      eventTarget: spoke,
      schemas,
      onError: ({ error }) => view.showError(error),
    });
    this.#me = me;
    this.#view = view;
    void this.#follow(
      this.#pubsub.subscribe("direct", me.id),
      (welcome) => this.#onWelcome(welcome),
    );
  }

  get me(): Person {
    return this.#me;
  }

  get room(): string {
    return this.#room;
  }

  /** Leaves the room for another. */
  join(room: string): void {
    this.#leaving.abort();
    if (this.#room) this.#pubsub.publish("chat.bye", this.#room, null);
    this.#room = room;
    this.#shown = new Map();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    void this.#follow(
      this.#pubsub.subscribe("chat.message", room, { signal }),
      (message) => this.#show(message, true),
    );
    void this.#follow(
      this.#pubsub.subscribe("chat.here", room, { signal }),
      ({ people }) => this.#view.showPeople(people),
    );
    this.hello();
  }

  /** Takes another name. */
  rename(name: string): void {
    this.#me = { ...this.#me, name };
    this.hello();
  }

  /**
   * Tells the server who is here, and gets the room's last messages: to be
   * called whenever the connection is open, as a new server knows nobody.
   */
  hello(): void {
    if (this.#spoke.state !== "open" || !this.#room) return;
    this.#pubsub.publish("chat.hello", this.#room, { from: this.#me });
  }

  /**
   * Says something, if it is not empty. While there is no connection it waits
   * in the spoke.
   *
   * @throws {PayloadError} When it is too long.
   * @throws {BufferFullError} When too much waits already.
   */
  say(said: string): void {
    const text = said.replaceAll(/[^\P{Cc}\n\t]/gu, "").trim();
    if (text === "") return;
    const id = crypto.randomUUID();
    const message = { id, from: this.#me, text, at: Date.now() };
    this.#pubsub.publish("chat.message", this.#room, message);
    // No hub sends back what it got.
    this.#show(message, false);
    this.#confirm(this.#room, message).catch((error) =>
      this.#view.showError(error)
    );
  }

  /**
   * Waits until the server has a message. What was on its way when a connection
   * broke may be lost: it is sent again, which is harmless, as it has an id.
   */
  async #confirm(room: string, message: Message): Promise<void> {
    while (!await this.#spoke.flush().then(() => true, () => false)) {
      if (this.#spoke.state === "closed") return;
      this.#pubsub.publish("chat.message", room, message);
    }
    if (this.#shown.get(message.id) !== false) return;
    this.#shown.set(message.id, true);
    this.#view.showMessage(message, true);
  }

  #onWelcome({ room, people, messages }: Welcome): void {
    if (room !== this.#room) return;
    this.#view.showPeople(people);
    for (const message of messages) this.#show(message, true);
  }

  /** Shows a message unless it is there; ours gets its place from the server. */
  #show(message: Message, isSent: boolean): void {
    if (this.#shown.get(message.id)) return;
    this.#shown.set(message.id, isSent);
    if (this.#shown.size > MAX_SHOWN) {
      const [oldest = ""] = this.#shown.keys();
      this.#shown.delete(oldest);
    }
    this.#view.showMessage(message, isSent);
  }

  /** Handles what arrives, until the subscription ends. */
  async #follow<TPayload>(
    events: AsyncIterable<{ payload: TPayload }>,
    handle: (payload: TPayload) => void,
  ): Promise<void> {
    try {
      for await (const { payload } of events) handle(payload);
    } catch (error) {
      this.#view.showError(error);
    }
  }
}
