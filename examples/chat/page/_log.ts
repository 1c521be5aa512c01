// The messages of a room, in bubbles.

import type { Message } from "../events.ts";
import { create, element, paintAvatar } from "./_elements.ts";

const MAX_SHOWN = 500;
/** What somebody says within this time needs no second name above it. */
const TOGETHER = 3 * 60_000;

const log = element<HTMLOListElement>("log");
const scroll = element("scroll");
const newest = element("newest");
const items = new Map<string, { item: HTMLLIElement; message: Message }>();

newest.addEventListener("click", scrollToEnd);
scroll.addEventListener("scroll", () => {
  if (isAtEnd()) newest.hidden = true;
});
// What is at the end stays in sight when a keyboard or a notice takes room.
let wasAtEnd = true;
scroll.addEventListener("scroll", () => wasAtEnd = isAtEnd());
new ResizeObserver(() => wasAtEnd && scrollToEnd()).observe(scroll);

/** Shows a message at the end; moves there one that is shown already. */
export function showMessage(
  message: Message,
  { isMine, isSent }: { isMine: boolean; isSent: boolean },
): void {
  const stays = isAtEnd() || isMine;
  const known = items.get(message.id)?.item;
  const item = known ?? itemOf(message, isMine);
  items.set(message.id, { item, message });
  item.classList.toggle("waits", !isSent);
  const behind = item.nextElementSibling;
  log.append(item);
  group(item);
  if (behind) group(behind);
  if (items.size > MAX_SHOWN) forgetFirst();
  if (stays) scrollToEnd();
  else if (!known) newest.hidden = false;
}

/** Forgets all messages, for another room. */
export function clearMessages(): void {
  items.clear();
  log.replaceChildren();
  newest.hidden = true;
}

function itemOf(message: Message, isMine: boolean): HTMLLIElement {
  const { id, from, text, at } = message;
  const item = create("li", isMine ? "message mine" : "message");
  item.dataset.id = id;
  const avatar = create("span", "avatar");
  avatar.ariaHidden = "true";
  paintAvatar(avatar, from);
  const name = create("bdi", "name", from.name);
  const words = create("p", "", text);
  words.dir = "auto";
  const bubble = create("div", "bubble");
  bubble.append(words, timeOf(at));
  item.append(avatar, name, bubble);
  return item;
}

function timeOf(at: number): HTMLTimeElement {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const time = create(
    "time",
    "",
    date.toLocaleTimeString([], {
      hour: "2-digit",
      minute: "2-digit",
      ...isToday ? {} : { day: "numeric", month: "short" },
    }),
  );
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString();
  return time;
}

/** Leaves the name out below a message of the same person. */
function group(item: Element): void {
  const of = (one: Element | null) =>
    items.get((one as HTMLElement | null)?.dataset.id ?? "")?.message;
  const [above, here] = [of(item.previousElementSibling), of(item)];
  const follows = above?.from.id === here?.from.id &&
    above?.from.name === here?.from.name &&
    Math.abs((above?.at ?? 0) - (here?.at ?? 0)) < TOGETHER;
  item.classList.toggle("follows", follows);
}

function forgetFirst(): void {
  const first = log.firstElementChild as HTMLElement;
  items.delete(first.dataset.id ?? "");
  first.remove();
  if (log.firstElementChild) group(log.firstElementChild);
}

function isAtEnd(): boolean {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
}

function scrollToEnd(): void {
  scroll.scrollTop = scroll.scrollHeight;
  newest.hidden = true;
}
