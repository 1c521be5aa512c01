// The events of a topic as they come.

import type { FeedTail } from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";
import { bytes, count, time } from "./_format.ts";

const MAX_SHOWN = 200;
/** Milliseconds: what comes within them is painted at once. */
const TOGETHER = 250;

/** What a tail is given. */
export interface TailHandlers {
  /** Ask for the events of a topic; settles once the hub knows. */
  onStart(topic: string): Promise<void>;
  /** Ask for them no longer. */
  onStop(topic: string): void;
}

/** Shows the events of one topic. */
export class TailView {
  readonly #handlers: TailHandlers;
  readonly #list = element("tail");
  readonly #pause = element<HTMLButtonElement>("tail-pause");
  readonly #stop = element<HTMLButtonElement>("tail-stop");
  readonly #input = element<HTMLInputElement>("tail-topic");
  readonly #panel = this.#list.closest("section")!;
  /** What the topic was chosen by. */
  #chosen: HTMLElement | undefined;
  #topic: string | undefined;
  /** The hub knows of it. */
  #isStarted = false;
  #isPaused = false;
  #shown = 0;
  #dropped = 0;
  /** What has come since events were shown last, or since it was paused. */
  #waiting: FeedTail[] = [];
  #isScheduled = false;

  constructor(handlers: TailHandlers) {
    this.#handlers = handlers;
    element("tail-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const topic = this.#input.value.trim();
      if (topic !== "") this.start(topic);
    });
    this.#pause.addEventListener(
      "click",
      () => this.#setPaused(!this.#isPaused),
    );
    this.#stop.addEventListener("click", () => {
      this.stop();
      // The button cannot be pressed any more, and would lose it.
      this.#input.focus({ preventScroll: true });
    });
    this.#panel.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#chosen?.focus();
    });
  }

  /**
   * Starts where one sees it: the panel may be below all that fits the screen.
   * What is pressed next is for it, and Escape leads back.
   */
  choose(topic: string, chosen: HTMLElement): void {
    this.start(topic);
    this.#chosen = chosen;
    this.#list.focus({ preventScroll: true });
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#panel.scrollIntoView({
      block: "nearest",
      behavior: isCalm ? "auto" : "smooth",
    });
  }

  start(topic: string): void {
    this.#input.value = topic;
    if (topic !== this.#topic) void this.#ask(topic);
    this.#waiting = [];
    this.#shown = this.#dropped = 0;
    this.#list.replaceChildren();
    this.#panel.classList.add("tailing");
    setText(element("no-tail"), "No event yet");
    element("no-tail").hidden = false;
    this.#pause.disabled = this.#stop.disabled = false;
    this.#setPaused(false);
  }

  async #ask(topic: string): Promise<void> {
    if (this.#topic !== undefined) this.#handlers.onStop(this.#topic);
    this.#topic = topic;
    this.#isStarted = false;
    try {
      await this.#handlers.onStart(topic);
    } catch {
      // The connection was lost: the client asks again once it is back.
    }
    if (this.#topic !== topic) return;
    this.#isStarted = true;
    this.#tell();
  }

  stop(): void {
    if (this.#topic === undefined) return;
    this.#handlers.onStop(this.#topic);
    this.#topic = undefined;
    this.#setPaused(false);
    this.#pause.disabled = this.#stop.disabled = true;
    this.#tell();
  }

  add(tail: FeedTail): void {
    this.#waiting.push(tail);
    if (this.#isPaused) {
      if (this.#waiting.length > MAX_SHOWN) {
        this.#dropped += this.#waiting.shift()!.dropped + 1;
      }
      return this.#tell();
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      if (!this.#isPaused) this.#flush();
    }, TOGETHER);
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#pause.ariaPressed = String(isPaused);
    this.#pause.textContent = isPaused ? "Resume" : "Pause";
    if (!isPaused) this.#flush();
    this.#tell();
  }

  #flush(): void {
    for (const { at, dropped, event } of this.#waiting) {
      this.#dropped += dropped;
      if (event) {
        this.#shown++;
        this.#list.prepend(itemOf(at, event));
      }
    }
    this.#waiting = [];
    while (this.#list.children.length > MAX_SHOWN) {
      this.#list.lastElementChild!.remove();
    }
    if (this.#shown > 0) element("no-tail").hidden = true;
    this.#tell();
  }

  #tell(): void {
    const dropped = this.#dropped > 0
      ? `, ${count(this.#dropped)} not shown`
      : "";
    setText(element("tail-state"), this.#state() + dropped);
  }

  #state(): string {
    if (this.#topic === undefined) return `${count(this.#shown)} shown`;
    if (!this.#isStarted) return "Starting";
    return this.#isPaused
      ? `Paused, ${count(this.#waiting.length)} wait`
      : `${count(this.#shown)} shown`;
  }
}

function itemOf(
  at: number,
  event: NonNullable<FeedTail["event"]>,
): HTMLLIElement {
  const item = create("li");
  const head = create("p", "meta");
  head.append(
    create("time", "", time(at)),
    create("code", "topic", event.topic),
    create(
      "span",
      "from",
      `${bytes(event.bytes)}, to ${count(event.receivers)}${
        event.from === undefined ? "" : `, from ${event.from}`
      }`,
    ),
  );
  item.append(head, create("pre", event.isCut ? "cut" : "", event.json));
  return item;
}
