// The commands that measure a hub, in the table.

import {
  DASHBOARD_PORT,
  hub,
  json,
  secretKey,
  token,
} from "./_common_options.ts";
import type { CommandSpec } from "./_spec.ts";

export const benchSpec: CommandSpec = {
  name: "bench",
  summary: "Measure what a hub does: throughput, latency, losses",
  about: [
    "Publishers and subscribers are connections of this process, so that one clock times them. Without --rate they send as fast as what they sent comes back, with no more than 1000 events or 512 KiB under way: the latency is that of a hub under full load. With --rate it is that of a hub under this load.",
    "The hub has to relay.",
  ],
  positionals: [],
  options: [
    hub,
    secretKey,
    {
      name: "publishers",
      kind: "whole",
      value: "N",
      min: 1,
      max: 1_000,
      initial: "1",
      help: "Connections that publish",
    },
    {
      name: "subscribers",
      kind: "whole",
      value: "N",
      min: 1,
      max: 1_000,
      initial: "1",
      help: "Connections that are subscribed, each to all of it",
    },
    {
      name: "size",
      kind: "whole",
      value: "BYTES",
      min: 1,
      max: 1_000_000,
      initial: "171",
      help: "Of an envelope, as JSON; its numbers take some 130",
    },
    {
      name: "seconds",
      short: "s",
      kind: "number",
      value: "N",
      min: 0.1,
      max: 86_400,
      initial: "5",
      help: "How long; without end if only --count is given",
    },
    {
      name: "count",
      short: "n",
      kind: "whole",
      value: "N",
      min: 1,
      help: "How many events",
    },
    {
      name: "rate",
      short: "r",
      kind: "number",
      value: "N",
      min: 0.1,
      max: 10_000_000,
      help: "Events a second, of all publishers together",
    },
    {
      name: "topic",
      kind: "text",
      value: "TOPIC",
      help: "One of its own unless given",
    },
    json("One line of JSON"),
  ],
  examples: [
    { command: "bench", about: "one publisher, one subscriber, 5 seconds" },
    {
      command: "bench --publishers 4 --subscribers 4 --size 1024",
      about: "a crowd",
    },
    {
      command: "bench --rate 100 --count 1000",
      about: "latency of a hub that has little to do",
    },
  ],
  load: () => import("./_bench_command.ts"),
};

export const pingSpec: CommandSpec = {
  name: "ping",
  summary: "Measure how long a hub takes to answer",
  about: ["Exit code 1 when nothing was answered."],
  positionals: [],
  options: [
    hub,
    secretKey,
    {
      name: "count",
      short: "c",
      kind: "whole",
      value: "N",
      min: 1,
      help: "End after N pings",
    },
    {
      name: "interval",
      short: "i",
      kind: "duration",
      value: "TIME",
      initial: "1s",
      help: "Between two pings: 1, 200ms",
    },
    {
      name: "timeout",
      short: "W",
      kind: "duration",
      value: "TIME",
      initial: "5s",
      help: "How long an answer is waited for",
    },
    json("Lines of JSON"),
  ],
  examples: [
    { command: "ping", about: "until Ctrl-C" },
    {
      command: "ping --count 1 --hub wss://example.com/events",
      about: "is it there?",
    },
  ],
  load: () => import("./_ping_command.ts"),
};

export const topSpec: CommandSpec = {
  name: "top",
  summary: "Watch the topics and connections of a hub",
  about: [
    "It reads the dashboard of a hub: hub --dashboard. In a terminal the table is drawn anew with each sample; elsewhere samples follow each other.",
    "Keys: r, b, w and n sort by rate, bytes, what waits, and name; space holds the picture; q ends.",
  ],
  positionals: [
    {
      name: "URL",
      isOptional: true,
      help: `Of the dashboard; http://127.0.0.1:${DASHBOARD_PORT} unless given`,
    },
  ],
  options: [
    token,
    { name: "once", kind: "flag", help: "One sample, and no more" },
    json("A sample as one line of JSON"),
  ],
  examples: [
    { command: "top", about: "of the hub on this machine" },
    { command: "top --once", about: "for a script, or a glance" },
    {
      command: "top --json | jq .total.rates.eventsIn",
      about: "a figure a second",
    },
  ],
  load: () => import("./_top_command.ts"),
};
