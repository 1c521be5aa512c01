// One picture of the cluster: engine, hubs and spokes, within 80 columns.

import { paint, seconds } from "../_screen.ts";
import type { Cluster, HubView, SpokeView } from "./_cluster.ts";
import { hubName, type Kind, KINDS, PROGRAMS, ROOMS } from "./_plan.ts";

/** The upper part of the screen. */
export function frame(
  cluster: Cluster,
  phase: string,
  columns: number,
): string[] {
  const program = PROGRAMS[cluster.engineName];
  const title = `@alkdev/pubsub: three hubs, linked by ${program}`;
  const time = `${seconds()} s`;
  const right = `${phase}  ${time}`.length;
  return [
    paint("bold", title) +
    " ".repeat(Math.max(1, columns - title.length - right)) +
    paint("hub", phase) + "  " + time,
    "",
    engineLine(cluster),
    "",
    paint(
      "dim",
      "hub    state   iroh  WebSocket  topics  bridge.lost  subscribers on all hubs",
    ),
    ...cluster.hubs.map(hubLine),
    "",
    spokesTitle(),
    ...spokeLines(cluster),
    "",
  ];
}

function engineLine(
  { isEngineUp, engine, enginePid, engineName }: Cluster,
): string {
  const name = paint("engine", "engine");
  if (!engine) return `${name} ${state(false, "starts")}`;
  const where = `${PROGRAMS[engineName]} on ${engine.address}`;
  return isEngineUp
    ? `${name} ${state(true, "up")}    ${where}, process ${enginePid}`
    : `${name} ${state(false, "down")}  ${where}, killed`;
}

function hubLine({ hub, isUp, isLinked, state: now }: HubView): string {
  const name = paint("hub", hubName(hub).padEnd(5));
  if (!isUp) {
    return `${name}  ${state(false, "down")}     ·          ·       ·${
      `${now.lost || "·"}`.padStart(13)
    }`;
  }
  const numbers = [
    `${now.iroh}`.padStart(5),
    `${now.webSocket}`.padStart(9),
    `${now.topics}`.padStart(6),
    lost(now.lost, 11),
  ];
  const rooms = ROOMS.map((room) => `${room} ${now.subscribers[room] ?? "?"}`);
  // Without the engine a hub knows of its own spokes alone.
  const known = isLinked ? rooms.join(" ") : paint("dim", rooms.join(" "));
  return `${name}  ${state(true, "up".padEnd(4))} ${
    numbers.join("  ")
  }  ${known}`;
}

/** A title for each of the two columns. */
function spokesTitle(): string {
  const titles = KINDS.map((kind) =>
    paint(kind, kind.padEnd(10)) + paint("dim", "at     state   sent  received")
  );
  return titles.join("  ");
}

function spokeLines({ spokes, tally }: Cluster): string[] {
  const cell = ({ plan, isOpen, hub }: SpokeView) =>
    paint(plan.kind, plan.name.padEnd(10)) +
    (isOpen ? hubName(hub) : "·    ") + "  " +
    state(isOpen, isOpen ? "open" : "lost") +
    `${tally.sentBy(plan.name)}`.padStart(6) +
    `${tally.receivedBy(plan.name)}`.padStart(10);
  const of = (kind: Kind) => spokes.filter(({ plan }) => plan.kind === kind);
  const [left, right] = KINDS.map(of);
  return left!.map((spoke, i) => `${cell(spoke)}  ${cell(right![i]!)}`);
}

function state(isUp: boolean, text: string): string {
  return isUp ? paint("green", `● ${text}`) : paint("red", `○ ${text}`);
}

function lost(count: number, width: number): string {
  const text = `${count}`.padStart(width);
  return count === 0 ? text : paint("red", text);
}
