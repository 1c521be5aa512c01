// The tables of `docs/scaling.md` that follow from what was measured, each between
// two marks: `<!-- computed: costs -->` and `<!-- end -->`.

import {
  carriedBy,
  type Costs,
  costsOf,
  costsOfKiB,
  deliveryOf,
  demandOf,
  ENGINES,
  engineTopicBytes,
  type Figures,
  figuresOf,
  type Load,
  topicBytes,
} from "./_capacity.ts";
import { number } from "./_print.ts";
import { table } from "./_table.ts";
import type { Run } from "./_run_files.ts";
import { spreadOf } from "./_result.ts";

/** The page with its computed tables anew. */
export function scalingPageOf(page: string, run: Run): string {
  const figures = figuresOf(run.results);
  const blocks = new Map(
    Object.entries(BLOCKS).map(([name, block]) => [name, block(figures, run)]),
  );
  const written = page.replaceAll(
    /(<!-- computed: (\w+) -->)[^]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const block = blocks.get(name);
      if (block === undefined) throw new Error(`Cannot compute ${name}`);
      blocks.delete(name);
      return `${begin}\n\n${block}\n\n${end}`;
    },
  );
  if (blocks.size === 0) return written;
  throw new Error(`Cannot find where ${[...blocks.keys()]} go`);
}

const OURS = "@alkdev/pubsub";

const BLOCKS: Record<string, (figures: Figures, run: Run) => string> = {
  /** The base of the model. */
  costs(figures) {
    const rows: [string, keyof Costs, boolean][] = [
      ["a hub takes an event from a spoke", "in", false],
      ["and gives it to one spoke, of a few busy ones", "out", false],
      ["a hub gives it to the engine as well", "pass", true],
      ["and finds that what comes back is its own", "echo", true],
      ["another hub takes it from the engine", "recv", true],
      ["the engine takes it", "take", true],
      ["and gives it to one hub", "give", true],
    ];
    const costs = ENGINES.map((engine) => costsOf(figures, engine));
    const more = ENGINES.map((engine) => costsOfKiB(figures, engine));
    const kib = [
      ["each KiB more: the publisher's hub", "publisher"],
      ["each KiB more: another hub, for one spoke", "subscriber"],
      ["each KiB more: the engine, for one hub", "engine"],
    ] as const;
    return table(
      ["µs of one core", "", ...ENGINES],
      [
        ...rows.map(([what, name, isOfEngine]) => [
          what,
          `\`${name}\``,
          ...isOfEngine
            ? costs.map((one) => number(one[name]))
            : [number(costs[0]![name]), "the same"],
        ]),
        ...kib.map(([what, name]) => [
          what,
          "",
          ...more.map((one) => number(one[name])),
        ]),
      ],
      "llrr",
    );
  },

  /** What a way through an engine costs, in one table. */
  ways(figures, run) {
    const ratio = (what: string) => {
      const relay = run.results.find(({ id }) => id === "bridge_relay")!;
      const { samples } = relay.comparisons.find((one) => one.what === what)!;
      const { median, min, max } = spreadOf(samples);
      return `${number(median)} (${number(min)} to ${number(max)})`;
    };
    const each = (of: (engine: typeof ENGINES[number]) => string) =>
      ENGINES.map(of);
    const added = (percentile: number) =>
      each((engine) => {
        const of = (hubs: string) =>
          figures("bridge_latency", `${OURS}, ${hubs}`, percentile);
        return number(of(`two hubs over ${engine}`) - of("one hub"));
      });
    return table(
      ["", ...ENGINES],
      [
        [
          "rate of one hub with a bridge, all at home, vs without",
          ...each((e) =>
            ratio(`one hub, bridge to ${e} vs one hub, no bridge`)
          ),
        ],
        [
          "rate of two hubs vs one hub without a bridge",
          ...each((e) => ratio(`two hubs over ${e} vs one hub, no bridge`)),
        ],
        [
          "rate of two hubs vs the engine's own clients",
          ...each((e) => ratio(`two hubs over ${e} vs ${e}`)),
        ],
        [
          "rate of three hubs, two with a subscriber, vs two hubs",
          ...each((e) => ratio(`three hubs over ${e} vs two hubs over ${e}`)),
        ],
        [
          "processor time of a hub with a bridge, all at home, vs without",
          ...each((e) =>
            number(
              figures(
                "bridge_processors",
                `${OURS}, only hub with a bridge to ${e}`,
              ) / figures("bridge_processors", `${OURS}, hub without a bridge`),
            )
          ),
        ],
        ["latency that engine and second hub add, p50, µs", ...added(50)],
        ["the same, p99, µs", ...added(99)],
        [
          "`bridge.subscribers()` of three hubs, p50, µs",
          ...each((e) =>
            number(
              figures(
                "bridge_latency",
                `${OURS}, who is subscribed on 3 hubs over ${e}`,
                50,
              ),
            )
          ),
        ],
        [
          "a topic, resident bytes of the hub, of 100 000",
          ...each((e) => number(topicBytes(figures, e))),
        ],
        [
          "a topic, resident bytes of the engine for each hub",
          ...each((e) => number(engineTopicBytes(figures, e))),
        ],
        [
          "subscribing to a topic, of 10 000 at once, µs",
          ...each((e) =>
            number(figures("bridge_subscribe", `${OURS}, bridge to ${e}`))
          ),
        ],
      ],
      "lrr",
    );
  },

  /** How far events can go on hubs that all have to take them. */
  receiving(figures) {
    const share = 0.6;
    const row = (listening: number) =>
      ENGINES.map((engine) =>
        number(share * 1e6 / (listening * costsOf(figures, engine).recv))
      );
    return table(
      [
        "published a second, when taking events from the engine fills 60 % of every hub",
        ...ENGINES,
      ],
      [
        ["every room is on every hub", ...row(1)],
        ["a room is on a quarter of the hubs", ...row(0.25)],
      ],
      "lrr",
    );
  },

  /** What is full first. */
  full(figures) {
    const hubs = [1, 2, 4, 8, 16, 32];
    const each = (of: (hubs: number) => number) =>
      hubs.map((count) => number(of(count)));
    const costs = (engine: typeof ENGINES[number]) => costsOf(figures, engine);
    const ofEngine = (engine: typeof ENGINES[number]) => {
      const { take, give } = costs(engine);
      return each((count) => 1e6 / (take + count * give));
    };
    return table(
      ["events a second, with so many hubs", ...hubs.map(String)],
      [
        ["one core of Redis", ...ofEngine("Redis")],
        ["each core of NATS", ...ofEngine("NATS")],
        ["1 Gbit/s out of the engine", ...each(carriedBy)],
        ...ENGINES.map((engine) => [
          `a hub that takes all of it, over ${engine}`,
          ...each(() => 1e6 / costs(engine).recv),
        ]),
      ],
      "lrrrrrr",
    );
  },

  /** How far one hub goes. */
  alone(figures) {
    const costs = costsOf(figures, "NATS");
    const connection = (name: string) =>
      number(figures("memory_connection", `${OURS}, WebSocket, ${name}`));
    const delivery = [1_000, 10_000].map((connections) =>
      number(deliveryOf(figures, connections))
    );
    return table(
      ["one hub, one core", "", ""],
      [
        [
          "a connection with 10 topics, shared or its own: bytes, resident",
          "measured at 3 000",
          `${connection("10 shared topics")}, ${connection("10 topics each")}`,
        ],
        [
          "`deliver`: of one event to 1 000 and to 10 000 connections, µs",
          "measured, clients on the other core",
          delivery.join(", "),
        ],
        [
          "an event from one spoke to another, µs: `in` + `out`",
          "measured",
          number(costs.in + costs.out),
        ],
        [
          "these a second, on a core that does nothing else",
          "computed",
          number(1e6 / (costs.in + costs.out)),
        ],
      ],
      "llr",
    );
  },

  /** The worked example. */
  example(figures) {
    const people = { people: 100_000, each: 50 };
    const calm = { ...people, every: 30, isTogether: false };
    const busy = { ...people, every: 3, isTogether: false };
    const cases: [string, Load][] = [
      ["12 hubs", { ...calm, hubs: 12 }],
      ["9 of them", { ...calm, hubs: 9 }],
      ["10 times the events", { ...busy, hubs: 12 }],
      ["40 hubs", { ...busy, hubs: 40 }],
      ["32, rooms on one each", { ...busy, hubs: 32, isTogether: true }],
    ];
    const demands = cases.map(([, load]) => demandOf(load, figures, "NATS"));
    const percent = (share: number) => `${number(100 * share)} %`;
    const row = (
      what: string,
      of: (demand: typeof demands[number]) => string,
    ) => [what, ...demands.map(of)];
    return table(
      ["", ...cases.map(([name]) => name)],
      [
        row("events published a second", (one) => number(one.published)),
        row("deliveries a second", (one) => number(one.delivered)),
        row("connections of a hub", (one) => number(one.connections)),
        row("hubs that listen to a room", (one) => number(one.listening)),
        row("core of a hub: publishing", (one) => percent(one.publishing)),
        row("from the engine", (one) => percent(one.receiving)),
        row("deliveries", (one) => percent(one.delivering)),
        row(
          "**together**",
          (one) =>
            `**${percent(one.publishing + one.receiving + one.delivering)}**`,
        ),
        row("core of NATS", (one) => percent(one.engine)),
        row("out of NATS, MB/s", (one) => number(one.network / 1e6)),
        row("memory of a hub, MB", (one) => number(one.memory / 1e6)),
      ],
      "lrrrrr",
    );
  },
};
