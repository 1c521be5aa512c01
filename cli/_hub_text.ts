// What `hub` says once it is ready: where it is, and what to type.

import type { HubPlan } from "./_hub_plan.ts";
import type { Notes } from "./_notes.ts";
import { programName } from "./_program.ts";
import type { ServedHub } from "./_served_hub.ts";
import { HUB_PORT } from "./_common_options.ts";

const LABEL_WIDTH = 11;

/** Lines for people. */
export function hubText(
  { nodeId, ticket, urls, dashboard, engine, isAnywhere }: ServedHub,
  { webSocket, iroh, relay }: HubPlan,
  { style }: Notes,
): string {
  const lines: string[] = [];
  const add = (label: string, value: string | undefined) => {
    if (value === undefined) return;
    lines.push(style.paint(label.padEnd(LABEL_WIDTH), "dim") + value);
  };
  add("node id", nodeId && style.paint(nodeId, "bold"));
  add("ticket", ticket);
  for (const [i, url] of urls.entries()) {
    add(i === 0 ? "WebSocket" : "", style.paint(url, "bold"));
  }
  add("dashboard", dashboard && style.paint(dashboard, "bold"));
  add("engine", engine?.name);
  if (iroh?.reach === "world" && nodeId !== undefined && !isAnywhere) {
    add("note", "no relay was reached: the ticket is for this network alone");
  }
  for (const note of notesOn(webSocket, iroh, relay)) add("note", note);
  const program = programName();
  const sub = `${program} sub --pretty message.sent`;
  const pub = `${program} pub message.sent room-1 '{"text":"hello"}'`;
  const command = (text: string) => `  ${style.paint(text, "cyan")}`;
  const [url] = urls;
  if (url !== undefined) {
    const isDefault = url === `ws://127.0.0.1:${HUB_PORT}`;
    const hub = isDefault ? "" : ` --hub ${url}`;
    lines.push(
      "",
      "In another terminal:",
      command(sub + hub),
      command(pub + hub),
    );
  }
  const address = ticket ?? nodeId;
  if (address !== undefined) {
    const where = iroh?.reach === "machine"
      ? "Over iroh"
      : isAnywhere
      ? "From anywhere"
      : "In this network";
    // The ticket by itself, so that a line can be copied that the terminal wraps.
    lines.push("", `${where}:`, command(`${sub} --hub ${address}`));
    if (url === undefined) lines.push(command(`${pub} --hub ${address}`));
  }
  return [...lines, ""].join("\n");
}

function* notesOn(
  webSocket: HubPlan["webSocket"],
  iroh: HubPlan["iroh"],
  relay: boolean,
): Generator<string> {
  if (iroh?.reach === "machine") yield "iroh on this machine alone";
  const size = iroh?.allowed?.size;
  if (size) yield `iroh for ${size === 1 ? "one node id" : `${size} node ids`}`;
  const isOpen = webSocket &&
    !/^(localhost|127\.|::1$)/.test(webSocket.hostname);
  if (isOpen) {
    yield `whoever reaches ${webSocket.hostname} may connect over WebSocket`;
  }
  if (!relay) yield "clients do not hear each other: --no-relay";
}
