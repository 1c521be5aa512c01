// The commands that send and get events, in the table.

import { hub, json, secretKey, wait } from "./_common_options.ts";
import type { CommandSpec } from "./_spec.ts";

export const subSpec: CommandSpec = {
  name: "sub",
  summary: "Print the events of topics, one JSON line each",
  about: [
    'A topic is a type, for all events of it, or type:id, for those of that id. Each line is the envelope: {"type":…,"id":…,"payload":…}.',
  ],
  positionals: [
    { name: "TOPIC", isMany: true, help: "A type, or type:id" },
  ],
  options: [
    hub,
    secretKey,
    wait,
    {
      name: "pretty",
      kind: "flag",
      help: "For people: numbered, with times, long payloads indented",
    },
    {
      name: "count",
      short: "n",
      kind: "whole",
      value: "N",
      min: 1,
      help: "End after N events",
    },
    {
      name: "timeout",
      short: "t",
      kind: "duration",
      value: "TIME",
      help:
        "End after that time: 5, 500ms, 2m; exit code 1 if fewer than --count N came",
    },
  ],
  examples: [
    { command: "sub message.sent", about: "all events of a type" },
    {
      command: "sub --pretty message.sent:room-1 job.done",
      about: "two topics, for people",
    },
    {
      command: "sub job.done --count 1 --timeout 30s",
      about: "wait for one event; exit code 1 when none comes",
    },
    {
      command: "sub message.sent | jq -r .payload.text",
      about: "in a pipe",
    },
  ],
  load: () => import("./_sub_command.ts"),
};

export const pubSpec: CommandSpec = {
  name: "pub",
  summary: "Publish events",
  about: [
    "Without JSON each line of standard input is a payload. It ends once the hub has all of it; bad JSON is named by its line, and what came before it was published.",
    'With two arguments the second is the id, unless it begins with {, [ or ", as only JSON would.',
  ],
  positionals: [
    { name: "TYPE", help: "The type: not empty, no colon, no leading __" },
    { name: "ID", isOptional: true, help: "What scopes it: a room, a job" },
    { name: "JSON", isOptional: true, help: "The payload" },
  ],
  options: [
    hub,
    secretKey,
    wait,
    {
      name: "text",
      kind: "flag",
      help: "The argument, or each line, is text and not JSON",
    },
    {
      name: "repeat",
      short: "n",
      kind: "whole",
      value: "N",
      min: 1,
      help: "Publish the argument N times",
    },
    {
      name: "rate",
      short: "r",
      kind: "number",
      value: "N",
      min: 0.001,
      max: 1_000_000,
      help: "Events a second at the most",
    },
    json("One line of JSON on standard output: what was published"),
  ],
  examples: [
    {
      command: `pub message.sent room-1 '{"text":"hello"}'`,
      about: "one event",
    },
    { command: `pub job.done '{"took":5}'`, about: "without an id" },
    {
      command: "pub message.sent room-1 --text hello",
      about: "text instead of JSON",
    },
    {
      command: "pub reading.taken kitchen < readings.jsonl",
      about: "one event a line",
    },
    {
      command: "pub tick --repeat 100 --rate 10 '{}'",
      about: "ten a second",
    },
  ],
  load: () => import("./_pub_command.ts"),
};
