// Who subscribed to what, both ways: type and id → links here, subscriber →
// topics on the subscriber itself.

import { parseTopic } from "./envelope.ts";

/** Whoever subscribes. */
export interface Subscriber<TLink> {
  readonly topics: Set<string>;
  /** Where its events go: one that goes to many looks at nothing else of it. */
  readonly link: TLink;
}

/** One link alone is held as it is: a Set of one takes 150 bytes. */
type Held<TLink> = TLink | Set<TLink>;

/** The subscriptions to one type. */
interface OfType<TLink> {
  /** To all its events. */
  whole: Held<TLink> | undefined;
  /** To those of one id. */
  byId: Map<string, Held<TLink>> | undefined;
}

/**
 * The subscriptions of a hub. By type, then by id: an event has both, while its
 * topic would have to be put together and hashed for each (among a million
 * topics a look-up takes 0.9 µs so, and 3.4 µs by topic; Deno 2.9).
 */
export class Subscriptions<TLink extends object> {
  readonly #byType = new Map<string, OfType<TLink>>();
  #topicCount = 0;
  #pairCount = 0;

  /** How many topics somebody is subscribed to. */
  get topicCount(): number {
    return this.#topicCount;
  }

  /** How many pairs there are of a subscriber and a topic. */
  get pairCount(): number {
    return this.#pairCount;
  }

  /** @returns Whether nobody was subscribed to that topic. */
  add({ topics, link }: Subscriber<TLink>, topic: string): boolean {
    if (topics.has(topic)) return false;
    topics.add(topic);
    this.#pairCount++;
    const { type, id } = parseTopic(topic);
    let held = this.#byType.get(type);
    if (!held) {
      held = { whole: undefined, byId: undefined };
      this.#byType.set(type, held);
    }
    let before: Held<TLink> | undefined;
    // Without an id; nobody can publish what is of `type:`, whose id is empty.
    if (type === topic) {
      before = held.whole;
      held.whole = withLink(before, link);
    } else {
      const byId = held.byId ??= new Map();
      before = byId.get(id);
      byId.set(id, withLink(before, link));
    }
    if (before === undefined) this.#topicCount++;
    return before === undefined;
  }

  /** @returns Whether nobody is subscribed to that topic any more. */
  remove({ topics, link }: Subscriber<TLink>, topic: string): boolean {
    if (!topics.delete(topic)) return false;
    this.#pairCount--;
    const { type, id } = parseTopic(topic);
    const held = this.#byType.get(type)!;
    let left: Held<TLink> | undefined;
    if (type === topic) left = held.whole = withoutLink(held.whole, link);
    else {
      left = withoutLink(held.byId?.get(id), link);
      if (!left) held.byId?.delete(id);
    }
    if (!held.whole && !held.byId?.size) this.#byType.delete(type);
    if (!left) this.#topicCount--;
    return !left;
  }

  /** The links of who subscribed to exactly that topic. */
  linksOf(topic: string): Iterable<TLink> {
    const { type, id } = parseTopic(topic);
    const ofType = this.#byType.get(type);
    const held = type === topic ? ofType?.whole : ofType?.byId?.get(id);
    if (held === undefined) return [];
    return held instanceof Set ? held : [held];
  }

  /** Whether anybody subscribed to the event's topic or to its whole type. */
  hasAny(
    { type, id }: { readonly type: string; readonly id: string },
  ): boolean {
    const held = this.#byType.get(type);
    return held !== undefined &&
      (held.whole !== undefined || id !== "" && !!held.byId?.has(id));
  }

  /** All topics that somebody subscribed to. */
  *topics(): Iterable<string> {
    for (const [type, { whole, byId }] of this.#byType) {
      if (whole !== undefined) yield type;
      for (const id of byId?.keys() ?? []) yield `${type}:${id}`;
    }
  }

  /**
   * Visits, once each, the links of who subscribed to the event's topic or to its
   * whole type: two look-ups, whatever the number of topics.
   */
  forEach(
    { type, id }: { readonly type: string; readonly id: string },
    visit: (link: TLink) => void,
  ): void {
    const held = this.#byType.get(type);
    if (!held) return;
    // A visit may end a connection; a Set is walked through that unharmed.
    const { whole } = held;
    const exact = id === "" ? undefined : held.byId?.get(id);
    each(exact, visit);
    if (!exact || !whole) return each(whole, visit);
    each(whole, (one) => {
      const isVisited = exact instanceof Set ? exact.has(one) : exact === one;
      if (!isVisited) visit(one);
    });
  }
}

function withLink<TLink extends object>(
  held: Held<TLink> | undefined,
  link: TLink,
): Held<TLink> {
  if (held === undefined || held === link) return link;
  return held instanceof Set ? held.add(link) : new Set([held, link]);
}

/** `undefined` when none is left. */
function withoutLink<TLink extends object>(
  held: Held<TLink> | undefined,
  link: TLink,
): Held<TLink> | undefined {
  if (!(held instanceof Set)) return undefined;
  held.delete(link);
  return held.size > 0 ? held : undefined;
}

function each<T>(held: T | Set<T> | undefined, visit: (one: T) => void): void {
  if (held instanceof Set) { for (const one of held) visit(one); }
  else if (held !== undefined) visit(held);
}
