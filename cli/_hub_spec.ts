// The command `hub`, in the table.

import { DASHBOARD_PORT, HUB_PORT, json, token } from "./_common_options.ts";
import type { CommandSpec } from "./_spec.ts";

export const hubSpec: CommandSpec = {
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
      name: "dashboard",
      kind: "whole",
      value: "PORT",
      bare: String(DASHBOARD_PORT),
      min: 0,
      max: 65_535,
      help: "A page to watch the hub by, and what top reads; on port " +
        `${DASHBOARD_PORT}`,
    },
    {
      ...token,
      help: "Who has it may see the dashboard, and from anywhere (--host)",
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
      command: "hub --dashboard",
      about: "to be watched in a browser, and by top",
    },
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
};
