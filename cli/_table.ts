// Every command and every option: what is read, explained and completed.

import type { CommandSpec, OptionSpec } from "./_spec.ts";

/** The port that `hub` listens on. */
export const HUB_PORT = 4280;

/** The port of its dashboard. */
export const DASHBOARD_PORT = 4281;

/** Of every command. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "color",
    kind: "text",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    initial: "auto",
    help: "Colours; auto is in a terminal, unless NO_COLOR is set",
  },
  {
    name: "quiet",
    short: "q",
    kind: "flag",
    help: "Nothing on standard error but what went wrong",
  },
  { name: "help", short: "h", kind: "flag", help: "This text" },
];

/** Of the program, where no command is given. */
export const PROGRAM_OPTIONS: readonly OptionSpec[] = [
  { name: "version", short: "V", kind: "flag", help: "The version" },
];

const hub: OptionSpec = {
  name: "hub",
  kind: "text",
  value: "URL|TICKET",
  environment: "ALKPUBSUB_HUB",
  initial: `ws://127.0.0.1:${HUB_PORT}`,
  help: "The hub: ws:// or wss://, a ticket, or a node id",
};

const secretKey: OptionSpec = {
  name: "secret-key",
  kind: "file",
  value: "FILE",
  help: "Over iroh: be the node id of this key; made when it is missing",
};

const wait: OptionSpec = {
  name: "wait",
  kind: "flag",
  help: "Go on trying while the hub is not there yet",
};

const json = (help: string): OptionSpec => ({
  name: "json",
  kind: "flag",
  help,
});

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "hub",
    summary: "Serve a hub, over WebSocket and iroh",
    about: [
      "What one client sends on a topic reaches all others that are subscribed to it, whichever way they came. Without --allow whoever knows the ticket or reaches the port may take part.",
      "Ctrl-C sends what is queued and closes; a second one ends at once.",
    ],
    positionals: [],
    options: [
      {
        name: "websocket",
        kind: "flag",
        isNegatable: true,
        help: "Serve WebSocket; off by default with --allow",
      },
      {
        name: "port",
        short: "p",
        kind: "whole",
        value: "PORT",
        min: 0,
        max: 65_535,
        initial: String(HUB_PORT),
        help: "Of WebSocket; 0 is any that is free",
      },
      {
        name: "host",
        kind: "text",
        value: "HOST",
        initial: "127.0.0.1",
        help: "Of WebSocket; 0.0.0.0 is every interface",
      },
      {
        name: "origin",
        kind: "text",
        value: "ORIGIN",
        isMany: true,
        help: "Let pages of https://ORIGIN in; * lets in any page",
      },
      {
        name: "iroh",
        kind: "flag",
        isNegatable: true,
        help: "Serve iroh; an error then when it cannot be loaded",
      },
      {
        name: "iroh-port",
        kind: "whole",
        value: "PORT",
        min: 0,
        max: 65_535,
        help: "UDP port of iroh, so that old tickets hold",
      },
      {
        name: "local",
        kind: "flag",
        help: "Keep iroh to this machine: no relay servers, no discovery",
      },
      {
        name: "allow",
        kind: "text",
        value: "ID",
        isMany: true,
        help: "Let in this node id over iroh, and nobody else",
      },
      {
        name: "secret-key",
        kind: "file",
        value: "FILE",
        help: "Keep the node id in this file; made when it is missing",
      },
      {
        name: "relay",
        kind: "flag",
        isNegatable: true,
        help: "Pass on what clients send to each other; the default",
      },
      {
        name: "redis",
        kind: "text",
        value: "URL",
        help: "Share topics with other hubs through Redis",
      },
      {
        name: "nats",
        kind: "text",
        value: "URL",
        help: "Share topics with other hubs through NATS",
      },
      {
        name: "verbose",
        short: "v",
        kind: "flag",
        help: "Say who comes and goes",
      },
      json("One line of JSON on standard output once it is ready"),
    ],
    examples: [
      { command: "hub", about: "WebSocket on port 4280, and iroh" },
      { command: "hub --local", about: "the same, for this machine alone" },
      {
        command: "hub --secret-key hub.key --allow 1f2e…",
        about: "iroh alone, one peer, and the same node id tomorrow",
      },
      {
        command: "hub --no-iroh --nats nats://127.0.0.1:4222",
        about: "one of several hubs behind a load balancer",
      },
    ],
    load: () => import("./_hub_command.ts"),
  },
  {
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
        help: "End after that time: 5, 500ms, 2m; in vain without --count N",
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
  },
  {
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
  },
  {
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
  },
  {
    name: "key",
    summary: "Print the node id of a secret key",
    about: [
      "A hub with --allow lets in the node ids that it is given. A client has one that lasts with --secret-key FILE.",
    ],
    positionals: [
      {
        name: "FILE",
        help: "Made when it is missing, for nobody else to read",
      },
    ],
    options: [],
    examples: [
      { command: "key alice.key", about: "what a hub is told to let in" },
    ],
    load: () => import("./_key_command.ts"),
  },
];
