// People in the chat of examples/chat: with a browser, and with a client of the
// library in its place.

import { Chat } from "../examples/chat/_chat.ts";
import { visitorId } from "../examples/_visitor_id.ts";
import type { ChatEvent, Person } from "../examples/chat/events.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../websocket_client.ts";
import type { Browser, Page } from "./_browser.ts";
import { Log } from "./_waiting.ts";

/** Somebody in the chat. Messages are told as `Ada: hello`. */
export interface Guest extends AsyncDisposable {
  say(text: string): Promise<void>;
  /** Resolves when a message is shown. */
  hears(message: string): Promise<unknown>;
  /** Resolves when exactly these are shown as here. */
  sees(...names: string[]): Promise<unknown>;
  /** Resolves when the connection is shown to be so. */
  knows(state: "Online" | "Reconnecting"): Promise<unknown>;
  /** All messages that are shown, in order. */
  shown(): Promise<string[]>;
}

/** Somebody with the library alone, over a WebSocket. */
export class ClientGuest implements Guest {
  readonly #changes = new Log<string>();
  readonly #spoke: SpokeEventTarget<ChatEvent>;
  readonly chat: Chat;
  readonly #messages = new Map<string, string>();
  #people: readonly Person[] = [];

  private constructor(spoke: SpokeEventTarget<ChatEvent>, me: Person) {
    this.#spoke = spoke;
    this.chat = new Chat(spoke, me, {
      showMessage: ({ id, from, text }) => {
        this.#messages.delete(id); // One that is shown again moves.
        this.#messages.set(id, `${from.name}: ${text}`);
        this.#changes.add("message");
      },
      showPeople: (people) => {
        this.#people = people;
        this.#changes.add("people");
      },
      showError: (error) => this.#changes.add(String(error)),
    });
  }

  /** @param key Whose guest this is; somebody new when left out. */
  static async join(
    server: { url: string },
    name: string,
    key: string = crypto.randomUUID(),
  ): Promise<ClientGuest> {
    let guest: ClientGuest | undefined = undefined;
    const spoke = await createWebSocketClientEventTarget<ChatEvent>(
      socketUrl(server, key),
      {
        reconnect: { maxDelay: 500 },
        onStatus: ({ type }) => guest?.changed(type),
      },
    );
    guest = new ClientGuest(spoke, { id: await visitorId(key), name });
    guest.chat.join("lobby");
    return guest;
  }

  /** The state of the connection changed. */
  changed(state: string): void {
    if (state === "open") this.chat.hello();
    this.#changes.add(state);
  }

  say(text: string): Promise<void> {
    this.chat.say(text);
    return Promise.resolve();
  }

  hears(message: string): Promise<unknown> {
    return this.#until(() => [...this.#messages.values()].includes(message));
  }

  sees(...names: string[]): Promise<unknown> {
    return this.#until(() =>
      isSame(this.#people.map(({ name }) => name), names)
    );
  }

  knows(state: string): Promise<unknown> {
    const word = state === "Online" ? "open" : "reconnecting";
    return this.#until(() => this.#spoke.state === word);
  }

  shown(): Promise<string[]> {
    return Promise.resolve([...this.#messages.values()]);
  }

  async #until(isSo: () => boolean): Promise<void> {
    if (!isSo()) await this.#changes.find(isSo);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#spoke.close();
  }
}

/** Where a client of the library connects. */
export function socketUrl(server: { url: string }, key: string): string {
  return `${server.url.replace("http", "ws")}events?key=${key}`;
}

/** What is used of a document: here, outside of a browser, nobody knows one. */
interface Part {
  readonly textContent: string;
  querySelector(selector: string): Part;
  querySelectorAll(selector: string): Iterable<Part>;
}
/** Of the page, where the functions run that are given to it. */
declare const document: Part;

/** Somebody with a browser. */
export class PageGuest implements Guest {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async join(
    browser: Browser,
    server: { url: string },
    name: string,
  ): Promise<PageGuest> {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Come in" }).click();
    const guest = new PageGuest(page);
    await guest.knows("Online");
    return guest;
  }

  async say(text: string): Promise<void> {
    const box = this.page.getByRole("textbox", { name: "Message" });
    await box.fill(text);
    await box.press("Enter");
  }

  hears(message: string): Promise<unknown> {
    return this.page.waitForFunction(
      (message) =>
        Array.from(document.querySelectorAll("#log > li")).some((item) => {
          const name = item.querySelector(".name").textContent;
          const text = item.querySelector(".bubble p").textContent;
          return `${name}: ${text}` === message;
        }),
      message,
    );
  }

  sees(...names: string[]): Promise<unknown> {
    return this.page.waitForFunction(
      (names) =>
        Array.from(
          document.querySelectorAll("#people .name"),
          ({ textContent }) => textContent,
        ).toSorted().join("\n") === names,
      names.toSorted().join("\n"),
    );
  }

  knows(state: string): Promise<unknown> {
    return this.page.waitForFunction(
      (state) => document.querySelector("#status").textContent === state,
      state,
    );
  }

  async shown(): Promise<string[]> {
    const items = this.page.locator("#log > li");
    const names = await items.locator(".name").allTextContents();
    const texts = await items.locator(".bubble p").allTextContents();
    return names.map((name, i) => `${name}: ${texts[i]}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.page.close();
  }
}

/** Whether both hold the same, in any order. */
export function isSame(some: string[], others: string[]): boolean {
  return some.toSorted().join("\n") === others.toSorted().join("\n");
}
