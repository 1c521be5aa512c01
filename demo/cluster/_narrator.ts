// What is told of the cluster while the story goes on, and what went wrong.

import { now } from "../_protocol.ts";
import { duration, type Style } from "../_screen.ts";
import type { ClusterHandlers, HubView, SpokeView } from "./_cluster.ts";
import { hubName } from "./_plan.ts";
import type { Excuse } from "./_tally.ts";
import type { View } from "./_view.ts";

export class Narrator implements ClusterHandlers {
  /** What went wrong otherwise than by an event not arriving. */
  faults = 0;
  /** Spokes that are on their way to another hub. */
  readonly moving = new Map<SpokeView, Excuse>();
  readonly #view: View;
  /** What bridges have said in this part of the story. */
  readonly #said = new Set<string>();
  #turnedAt = 0;

  constructor(view: View) {
    this.#view = view;
  }

  /** What is told next comes of what happens now. */
  turn(): void {
    this.#turnedAt = now();
    this.#said.clear();
  }

  killed(style: Style, who: string, pid: number): void {
    const text = `process ${pid} was killed with SIGKILL`;
    this.#view.note(style, who, text, "red");
  }

  onEngineLink({ hub, isLinked }: HubView): void {
    if (!isLinked) return; // Its bridge says so.
    const text = `is connected to the engine${this.#sinceTurn()}`;
    this.#view.note("hub", hubName(hub), text, "green");
  }

  onBridgeFault({ hub }: HubView, why: string, lost: number): void {
    const said = `${hub} ${why.replaceAll(/\d+/g, "")}`;
    if (lost === 0 && this.#said.has(said)) return;
    this.#said.add(said);
    const text = why.replace(/^Cannot publish (\d+ events?): /, "lost $1: ")
      .replace("Cannot queue event: ", "")
      .replace("Cannot ask all hubs who is subscribed:", "who is subscribed?");
    this.#view.note("hub", hubName(hub), `bridge: ${text}`);
  }

  onSpokeOpen({ plan, hub }: SpokeView): void {
    if (this.#turnedAt === 0) return;
    const text = `is connected to ${hubName(hub)}${this.#sinceTurn()}`;
    this.#view.note(plan.kind, plan.name, text, "green");
  }

  onSpokeSettled(spoke: SpokeView, at: number): void {
    const excuse = this.moving.get(spoke);
    if (excuse) excuse.until = at;
    this.moving.delete(spoke);
  }

  onSpokeLost(spoke: SpokeView, why: string): void {
    if (this.moving.has(spoke)) return;
    this.onFault(spoke.plan.name, `lost ${hubName(spoke.hub)}: ${why}`);
  }

  onFault(who: string, why: string): void {
    this.faults++;
    this.#view.note("red", who, why, "red");
  }

  #sinceTurn(): string {
    if (this.#turnedAt === 0) return "";
    return `, after ${duration(now() - this.#turnedAt)}`;
  }
}
