// A sample of a hub as a table.

import type {
  FeedConnection,
  FeedSample,
  FeedTopic,
} from "../_dashboard_feed.ts";
import { inLine } from "../_options.ts";
import { durationText } from "./_duration.ts";
import { bytesText, counted, countText, rateText } from "./_quantity.ts";
import { sparkline } from "./_sparkline.ts";
import type { Style } from "./_style.ts";

/** What rows are in the order of. */
export type SortKey = "rate" | "bytes" | "waiting" | "name";

/** How a sample is shown. */
export interface TopTextOptions {
  readonly style: Style;
  readonly columns: number;
  /** Lines there are for all of it. */
  readonly rows: number;
  readonly sort: SortKey;
  /** Of the past, the oldest first. */
  readonly past: {
    readonly in: readonly number[];
    readonly out: readonly number[];
  };
  /** Of several hubs each connection says which one it is of. */
  readonly hubs: number;
  /** Whether the sample has topics and connections: the first one has none. */
  readonly isFull: boolean;
}

/** A column: what stands above it, how wide it is, and what it says. */
interface Column<T> {
  readonly title: string;
  readonly width: number;
  readonly text: (row: T) => string;
}

/** Lines that are no rows: two heads of tables, what is above, what is between. */
const FIXED_LINES = 7;

/** The lines of a sample. */
export function topLines(
  sample: FeedSample,
  options: TopTextOptions,
): string[] {
  const { style, columns, rows, sort, hubs } = options;
  const topics = sorted(sample.topics, topicOrder[sort]);
  const connections = sorted(sample.connections, connectionOrder[sort]);
  const room = Math.max(2, rows - FIXED_LINES);
  // Half of it each; what one does not need is the other's.
  const half = Math.floor(room / 2);
  const topicRows = Math.min(
    topics.length,
    Math.max(half, room - connections.length),
  );
  const connectionRows = Math.min(connections.length, room - topicRows);
  return [
    ...headLines(sample, options),
    "",
    ...tableLines(
      topics.slice(0, topicRows),
      { title: "TOPIC", text: ({ topic }) => topic },
      topicColumns,
      options,
    ),
    "",
    ...tableLines(
      connections.slice(0, connectionRows),
      {
        title: hubs > 1 ? "HUB CONNECTION" : "CONNECTION",
        text: ({ id, hub }) =>
          hubs > 1 ? `${`${hub + 1}`.padEnd(3)} ${id}` : id,
      },
      connectionColumns,
      options,
    ),
  ].map((line) => style.isOn ? line : line.slice(0, columns));
}

/** A figure as it is, and with its colors. */
interface Figure {
  readonly text: string;
  readonly painted: string;
}

function headLines(
  { total, uptime }: FeedSample,
  { style, columns, past }: TopTextOptions,
): string[] {
  const { stats, rates } = total;
  const figure = (count: number, one: string, isBad = false): Figure => {
    const text = counted(count, one);
    const [number, ...name] = text.split(" ");
    const looks = isBad && count > 0
      ? ["red", "bold"] as const
      : ["bold"] as const;
    const painted = [style.paint(number!, ...looks), ...name].join(" ");
    return { text, painted };
  };
  const width = Math.max(0, Math.min(40, columns - 40));
  const flow = (
    name: string,
    events: number,
    bytes: number,
    rates: readonly number[],
  ) =>
    `${name.padEnd(4)}${
      style.paint(rateText(events).padStart(10), "bold")
    } /s ${`${bytesText(bytes)}/s`.padStart(12)}  ${
      style.paint(sparkline(rates, width), "cyan")
    }`;
  const up = `up ${durationText(uptime)}`;
  const figures = [
    figure(stats.connections, "connection"),
    figure(stats.topics, "topic"),
    figure(stats.slowConsumers, "slow consumer", true),
    figure(stats.faults, "fault", true),
    { text: up, painted: up },
  ];
  // A line that is too long would move the others.
  while (figures.map(({ text }) => text).join("  ").length > columns) {
    figures.pop();
  }
  return [
    figures.map(({ painted }) => painted).join("  "),
    flow("in", rates.eventsIn, rates.bytesIn, past.in),
    flow("out", rates.eventsOut, rates.bytesOut, past.out),
  ];
}

const topicColumns: readonly Column<FeedTopic>[] = [
  { title: "EVENTS/S", width: 10, text: ({ rate }) => rateText(rate) },
  { title: "SENT/S", width: 10, text: (one) => rateText(one.deliveryRate) },
  { title: "BYTES/S", width: 10, text: (one) => bytesText(one.bytesRate) },
];

const connectionColumns: readonly Column<FeedConnection>[] = [
  { title: "TOPICS", width: 7, text: ({ topics }) => countText(topics) },
  { title: "IN/S", width: 9, text: ({ rates }) => rateText(rates.eventsIn) },
  { title: "OUT/S", width: 9, text: ({ rates }) => rateText(rates.eventsOut) },
  {
    title: "WAITING",
    width: 10,
    text: ({ bufferedBytes }) => bytesText(bufferedBytes),
  },
  {
    title: "RTT",
    width: 9,
    text: ({ rtt }) => rtt === null ? "–" : durationText(rtt),
  },
];

function tableLines<T>(
  rows: readonly T[],
  name: { readonly title: string; readonly text: (row: T) => string },
  columns: readonly Column<T>[],
  { style, columns: width, isFull }: TopTextOptions,
): string[] {
  const taken = columns.reduce((sum, column) => sum + column.width, 0);
  const nameWidth = Math.max(12, width - taken);
  const line = (first: string, rest: readonly string[]) =>
    inLine(first, nameWidth - 1).padEnd(nameWidth) +
    rest.map((text, i) => text.padStart(columns[i]!.width)).join("");
  const head = line(name.title, columns.map(({ title }) => title));
  return [
    style.paint(head, "dim"),
    ...isFull ? [] : ["…"],
    ...rows.map((row) =>
      line(name.text(row), columns.map(({ text }) => text(row)))
    ),
  ];
}

const topicOrder: Readonly<
  Record<SortKey, (topic: FeedTopic) => number | string>
> = {
  // Of some samples: rows keep their places.
  rate: ({ average }) => average,
  bytes: ({ bytesRate }) => bytesRate,
  waiting: ({ deliveryRate }) => deliveryRate,
  name: ({ topic }) => topic,
};

const connectionOrder: Readonly<
  Record<SortKey, (connection: FeedConnection) => number | string>
> = {
  rate: ({ rates }) => rates.eventsIn + rates.eventsOut,
  bytes: ({ rates }) => rates.bytesIn + rates.bytesOut,
  waiting: ({ bufferedBytes }) => bufferedBytes,
  name: ({ id }) => id,
};

/** Numbers from the largest on, names from A on. */
function sorted<T>(
  rows: readonly T[],
  order: (row: T) => number | string,
): T[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [order(a), order(b)];
    if (typeof x === "number") return (y as number) - x;
    return x < y ? -1 : x > y ? 1 : 0;
  });
}
