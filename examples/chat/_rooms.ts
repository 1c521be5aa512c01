// What the server knows: who is in which room, and what was said last.

import { createEvent } from "@alkdev/pubsub";
import type {
  HubConnection,
  HubEventTarget,
} from "@alkdev/pubsub/event-target-websocket-server";
import {
  type ChatEvent,
  MAX_HISTORY,
  type Message,
  type Person,
} from "./events.ts";

/** Rooms that are remembered; the one in which it is quiet longest goes. */
const MAX_ROOMS = 100;

type ChatHub = HubEventTarget<ChatEvent>;

/** The rooms of a chat, over all its hubs. */
export class Rooms {
  readonly #hubs = new Set<ChatHub>();
  /** By the id of a connection. */
  readonly #names = new Map<string, string>();
  readonly #messages = new Map<string, Message[]>();
  /** Who is in a room, as it was told last. */
  readonly #told = new Map<string, string>();

  /** Begins to listen to one more hub. */
  add(hub: ChatHub): void {
    this.#hubs.add(hub);
    hub.addEventListener("chat.message", ({ detail: { id, payload } }) => {
      this.#keep(id, payload);
    });
    hub.addEventListener("chat.hello", ({ detail: { id, payload } }) => {
      this.#welcome(id, payload.from);
    });
    hub.addEventListener("chat.bye", ({ detail: { id } }) => {
      this.#tell(id);
    });
  }

  /** A connection ended: others of the same peer may be left. */
  onDisconnection(peer: string): void {
    const isLeft = this.#connections().some(({ id }) => id === peer);
    if (!isLeft) this.#names.delete(peer);
    for (const room of this.#told.keys()) this.#tell(room);
  }

  /** Tells nobody anything any more. */
  close(): void {
    this.#hubs.clear();
  }

  #welcome(room: string, { id, name }: Person): void {
    this.#names.set(id, name);
    this.#tell(room);
    this.#send(createEvent("direct", id, {
      room,
      people: this.#people(room),
      messages: this.#messages.get(room) ?? [],
    }));
  }

  /**
   * Who is in a room: whoever listens there and said hello. That is looked up
   * and not written down, so that no lost connection can leave a ghost.
   */
  #people(room: string): Person[] {
    const people = new Map<string, Person>();
    for (const { id, topics } of this.#connections()) {
      const name = this.#names.get(id);
      if (name === undefined || !topics.has(`chat.message:${room}`)) continue;
      people.set(id, { id, name });
    }
    return [...people.values()];
  }

  #connections(): HubConnection[] {
    return Array.from(this.#hubs).flatMap((hub) => [...hub.connections]);
  }

  /** Tells a room who is in it, if that has changed. */
  #tell(room: string): void {
    const people = this.#people(room);
    const text = JSON.stringify(people);
    if (text === (this.#told.get(room) ?? "[]")) return;
    if (people.length > 0) this.#told.set(room, text);
    else this.#told.delete(room);
    this.#send(createEvent("chat.here", room, { people }));
  }

  #keep(room: string, message: Message): void {
    const messages = this.#messages.get(room) ?? [];
    // Sent again by somebody who could not know that it had come.
    if (messages.some(({ id }) => id === message.id)) return;
    messages.push(message);
    if (messages.length > MAX_HISTORY) messages.shift();
    // Behind the others: a Map keeps the order in which keys came.
    this.#messages.delete(room);
    this.#messages.set(room, messages);
    if (this.#messages.size > MAX_ROOMS) {
      const [quietest = room] = this.#messages.keys();
      this.#messages.delete(quietest);
    }
  }

  /** To the connections of every hub. */
  #send(event: ChatEvent): void {
    for (const hub of this.#hubs) hub.dispatchEvent(event);
  }
}
