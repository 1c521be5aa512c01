// The big numbers.

import type { FeedSample } from "../../_dashboard_feed.ts";
import { create, element, setText } from "./_elements.ts";
import { bytes, count, rate } from "./_format.ts";

interface Figure {
  readonly name: string;
  value(sample: FeedSample): string;
  /** What goes with it, in small. */
  note(sample: FeedSample): string;
  /** Whether it is something to look at. */
  isBad?(sample: FeedSample): boolean;
}

const FIGURES: readonly Figure[] = [
  {
    name: "Connections",
    value: ({ total }) => count(total.stats.connections),
    note: ({ total }) => `${count(total.stats.accepted)} in all`,
  },
  {
    name: "Topics",
    value: ({ total }) => count(total.stats.topics),
    note: ({ total: { stats: { subscriptions } } }) =>
      `${count(subscriptions)} subscription${subscriptions === 1 ? "" : "s"}`,
  },
  {
    name: "Events in",
    value: ({ total }) => `${rate(total.rates.eventsIn)}/s`,
    note: ({ total }) => `${bytes(total.rates.bytesIn)}/s`,
  },
  {
    name: "Events out",
    value: ({ total }) => `${rate(total.rates.eventsOut)}/s`,
    note: ({ total }) => `${bytes(total.rates.bytesOut)}/s`,
  },
  {
    name: "Buffered",
    value: ({ total }) => bytes(total.stats.bufferedBytes),
    note: () => "waiting to be read",
  },
  {
    name: "Slow consumers",
    value: ({ total }) => count(total.stats.slowConsumers),
    note: () => "closed with 1013",
    isBad: ({ total }) => total.stats.slowConsumers > 0,
  },
  {
    name: "Errors",
    value: ({ total }) => count(total.stats.faults),
    note: () => "refusals and faults",
    isBad: ({ total }) => total.stats.faults > 0,
  },
];

/** Shows the figures of the samples that it is given. */
export class NumbersView {
  readonly #tiles = FIGURES.map((figure) => {
    const tile = create("div", "tile");
    const value = create("dd", "value", "–");
    const note = create("dd", "note");
    tile.append(create("dt", "", figure.name), value, note);
    return { figure, tile, value, note };
  });

  constructor() {
    element("numbers").append(...this.#tiles.map(({ tile }) => tile));
  }

  show(sample: FeedSample): void {
    for (const { figure, tile, value, note } of this.#tiles) {
      setText(value, figure.value(sample));
      setText(note, figure.note(sample));
      tile.classList.toggle("bad", figure.isBad?.(sample) ?? false);
    }
  }
}
