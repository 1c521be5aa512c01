// Who subscribed to what, both ways: topic → subscribers here, subscriber →
// topics on the subscriber itself.

/** Whoever subscribes. */
export interface Subscriber {
  readonly topics: Set<string>;
}

/** The subscriptions of a hub. */
export class Subscriptions<TSubscriber extends Subscriber> {
  readonly #byTopic = new Map<string, Set<TSubscriber>>();

  add(subscriber: TSubscriber, topic: string): void {
    subscriber.topics.add(topic);
    const subscribers = this.#byTopic.get(topic);
    if (subscribers) subscribers.add(subscriber);
    else this.#byTopic.set(topic, new Set([subscriber]));
  }

  remove(subscriber: TSubscriber, topic: string): void {
    if (!subscriber.topics.delete(topic)) return;
    const subscribers = this.#byTopic.get(topic)!;
    subscribers.delete(subscriber);
    if (subscribers.size === 0) this.#byTopic.delete(topic);
  }

  /** Removes all that one subscribed to. */
  forget(subscriber: TSubscriber): void {
    for (const topic of subscriber.topics) this.remove(subscriber, topic);
  }

  /**
   * Visits, once each, who subscribed to the event's topic or to its whole
   * type: two look-ups, whatever the number of topics.
   */
  forEach(
    event: { readonly type: string; readonly id: string },
    topic: string,
    visit: (subscriber: TSubscriber) => void,
  ): void {
    // A visit may end a connection; a Set is walked through that unharmed.
    const exact = this.#byTopic.get(topic);
    if (exact) { for (const one of exact) visit(one); }
    if (event.id === "") return;
    const whole = this.#byTopic.get(event.type);
    if (!whole) return;
    for (const one of whole) if (!exact?.has(one)) visit(one);
  }
}
