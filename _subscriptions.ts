// Who subscribed to what, both ways: topic → links here, subscriber → topics on
// the subscriber itself.

/** Whoever subscribes. */
export interface Subscriber<TLink> {
  readonly topics: Set<string>;
  /** Where its events go: one that goes to many looks at nothing else of it. */
  readonly link: TLink;
}

/** The subscriptions of a hub. */
export class Subscriptions<TLink extends object> {
  /** One link alone is held as it is: a Set of one takes 150 bytes. */
  readonly #byTopic = new Map<string, TLink | Set<TLink>>();

  add({ topics, link }: Subscriber<TLink>, topic: string): void {
    topics.add(topic);
    const held = this.#byTopic.get(topic);
    if (held === undefined) this.#byTopic.set(topic, link);
    else if (held instanceof Set) held.add(link);
    else if (held !== link) this.#byTopic.set(topic, new Set([held, link]));
  }

  remove({ topics, link }: Subscriber<TLink>, topic: string): void {
    if (!topics.delete(topic)) return;
    const held = this.#byTopic.get(topic);
    if (held instanceof Set) {
      held.delete(link);
      if (held.size > 0) return;
    }
    this.#byTopic.delete(topic);
  }

  /** Removes all that one subscribed to. */
  forget(subscriber: Subscriber<TLink>): void {
    for (const topic of subscriber.topics) this.remove(subscriber, topic);
  }

  /**
   * Visits, once each, the links of who subscribed to the event's topic or to its
   * whole type: two look-ups, whatever the number of topics.
   */
  forEach(
    event: { readonly type: string; readonly id: string },
    topic: string,
    visit: (link: TLink) => void,
  ): void {
    // A visit may end a connection; a Set is walked through that unharmed.
    const exact = this.#byTopic.get(topic);
    each(exact, visit);
    if (event.id === "") return;
    each(this.#byTopic.get(event.type), (one) => {
      const isVisited = exact instanceof Set ? exact.has(one) : exact === one;
      if (!isVisited) visit(one);
    });
  }
}

function each<T>(held: T | Set<T> | undefined, visit: (one: T) => void): void {
  if (held instanceof Set) { for (const one of held) visit(one); }
  else if (held !== undefined) visit(held);
}
