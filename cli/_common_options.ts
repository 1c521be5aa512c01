// Options that several commands have.

import type { OptionSpec } from "./_spec.ts";

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

/** Which hub a client connects to. */
export const hub: OptionSpec = {
  name: "hub",
  kind: "text",
  value: "URL|TICKET",
  environment: "ALKPUBSUB_HUB",
  initial: `ws://127.0.0.1:${HUB_PORT}`,
  help: "The hub: ws:// or wss://, a ticket, or a node id",
};

export const secretKey: OptionSpec = {
  name: "secret-key",
  kind: "file",
  value: "FILE",
  help: "Over iroh: be the node id of this key; made when it is missing",
};

export const wait: OptionSpec = {
  name: "wait",
  kind: "flag",
  help: "Go on trying while the hub is not there yet",
};

/** The option `--json`, which each command words for itself. */
export const json = (help: string): OptionSpec => ({
  name: "json",
  kind: "flag",
  help,
});

/** What lets somebody see a dashboard. */
export const token: OptionSpec = {
  name: "token",
  kind: "text",
  value: "TOKEN",
  environment: "ALKPUBSUB_TOKEN",
  help: "What the dashboard asks for",
};
