// What happens to the cluster, in order. Time only paces it: each part ends when
// what it is to show has come about.

import { now } from "../_protocol.ts";
import { Cluster, type SpokeView } from "./_cluster.ts";
import { Narrator } from "./_narrator.ts";
import {
  type EngineName,
  hubName,
  HUBS,
  KINDS,
  PROGRAMS,
  ROOMS,
  SPOKES,
} from "./_plan.ts";
import type { Excuse } from "./_tally.ts";
import type { View } from "./_view.ts";

/** Milliseconds between two events of one spoke. */
const INTERVAL = 180;

/** How long what was sent may take to arrive; it takes milliseconds. */
const DELIVERY_PATIENCE = 5_000;

/** The hub that is killed. */
const VICTIM = 1;

export class Story {
  readonly cluster: Cluster;
  /** What each bridge has counted while there was no engine. */
  lost: number[] = [];
  readonly #view: View;
  readonly #narrator: Narrator;
  /** Milliseconds that each part is looked at. */
  readonly #pause: number;
  /** When the engine was down. */
  #outage: Excuse | undefined;
  /** What the bridges had counted until then. */
  #before: number[] = [];

  constructor(engine: EngineName, view: View, pause: number) {
    this.#view = view;
    this.#narrator = new Narrator(view);
    this.cluster = new Cluster(engine, this.#narrator);
    this.#pause = pause;
  }

  /** What went wrong otherwise than by an event not arriving. */
  get faults(): number {
    return this.#narrator.faults;
  }

  async play(): Promise<void> {
    await this.#start();
    await this.#loseHub();
    await this.#getHubBack();
    await this.#loseEngine();
    await this.#getEngineBack();
    await this.#end();
  }

  async #start(): Promise<void> {
    const { cluster } = this;
    const view = this.#view;
    view.heading("The engine starts, three hub processes, and twelve spokes");
    const engine = await cluster.startEngine();
    const program = PROGRAMS[cluster.engineName];
    view.note(
      "engine",
      "engine",
      `${program} listens on ${engine.address}, process ${engine.pid}`,
    );
    await Promise.all(HUBS.map((hub) => this.#startHub(hub)));
    await Promise.all(KINDS.map(async (kind) => {
      const pid = await cluster.startSpokes(kind);
      view.note(
        kind,
        kind,
        `six spokes in process ${pid}, each in two of four rooms`,
      );
    }));
    await cluster.watch.until(
      "all hubs knew who is in the rooms",
      allKnown(cluster),
    );
    await this.#turn("all up", "Everything is up: events reach all hubs");
    await cluster.publish(INTERVAL);
    await this.#look();
  }

  async #loseHub(): Promise<void> {
    const { cluster } = this;
    const since = await this.#turn(
      "hub down",
      `A hub dies: its spokes go on at the two others`,
    );
    const gone = cluster.spokes.filter(({ hub }) => hub === VICTIM);
    this.#move(gone, since);
    const { pid } = cluster.hubs[VICTIM]!.party!;
    await cluster.killHub(VICTIM);
    this.#narrator.turn();
    this.#narrator.killed("hub", hubName(VICTIM), pid);
    await this.#untilSettled(gone);
    await this.#look();
  }

  async #getHubBack(): Promise<void> {
    const { cluster } = this;
    this.#view.heading("It starts again, and those whose hub it was go home");
    this.#narrator.turn();
    await this.#startHub(VICTIM);
    const home = cluster.spokes.filter(({ plan }) => plan.home === VICTIM);
    // What a spoke sends and does not wait for may come after it to the hub that
    // it moves to, as an echo.
    await Promise.all(home.map((spoke) => cluster.askSpoke("rest", spoke)));
    const since = await this.#turn("hub back");
    this.#move(home, since);
    this.#narrator.turn();
    await Promise.all(home.map((spoke) => cluster.askSpoke("goHome", spoke)));
    await this.#untilSettled(home);
    await this.#look();
  }

  async #loseEngine(): Promise<void> {
    const { cluster } = this;
    const since = await this.#turn(
      "engine down",
      "The engine dies: each hub goes on by itself, its bridge counts",
    );
    const hubs = new Map(
      cluster.spokes.map(({ plan, hub }) => [plan.name, hub]),
    );
    this.#outage = {
      since,
      until: Infinity,
      covers: ({ from }, receiver) => hubs.get(from) !== hubs.get(receiver),
    };
    cluster.tally.excuse(this.#outage);
    this.#before = await cluster.flushHubs();
    this.#narrator.turn();
    await cluster.killEngine();
    this.#narrator.killed("engine", "engine", cluster.enginePid);
    await cluster.watch.until(
      "all hubs had lost the engine",
      () => cluster.hubs.every(({ isLinked }) => !isLinked),
    );
    await this.#look();
    await cluster.watch.until(
      "each bridge had counted what it lost",
      () =>
        cluster.hubs.every(({ hub, state }) => state.lost > this.#before[hub]!),
    );
  }

  async #getEngineBack(): Promise<void> {
    const { cluster } = this;
    this.#view.heading(
      "The engine starts again: the hubs find it by themselves",
    );
    const { address, pid } = await cluster.startEngine();
    this.#narrator.turn();
    this.#view.note(
      "engine",
      "engine",
      `listens on ${address} again, process ${pid}`,
    );
    await cluster.watch.until(
      "all hubs had the engine back",
      () => cluster.hubs.every(({ isLinked }) => isLinked),
    );
    const lost = await cluster.flushHubs();
    this.lost = lost.map((count, hub) => count - this.#before[hub]!);
    this.#outage!.until = await this.#turn("after");
    this.#view.note("engine", "engine", "has the subscriptions of all hubs");
    await cluster.watch.until(
      "all hubs knew who is in the rooms",
      allKnown(cluster),
    );
    await this.#look();
  }

  async #end(): Promise<void> {
    const { cluster } = this;
    this.#view.heading("Nobody publishes any more, and everybody leaves");
    await cluster.publish(0);
    await cluster.flushSpokes();
    await cluster.flushHubs();
    await this.#settle(Infinity);
    await cluster.stop();
  }

  async #startHub(hub: number): Promise<void> {
    const { party, started } = await this.cluster.startHub(hub);
    const { irohPort, webSocketPort } = started!;
    this.#view.note(
      "hub",
      hubName(hub),
      `process ${
        party!.pid
      }: iroh on UDP ${irohPort}, WebSocket on TCP ${webSocketPort}`,
    );
  }

  /**
   * Begins a phase once all of the one before has arrived.
   *
   * @returns Since when.
   */
  async #turn(phase: string, heading?: string): Promise<number> {
    const since = now();
    this.cluster.tally.begin(phase, since);
    await this.cluster.catchUp();
    await this.#settle(since);
    this.#view.phase = phase;
    if (heading) this.#view.heading(heading);
    return since;
  }

  /** What is missing then stays so in the tally. */
  async #settle(before: number): Promise<void> {
    const { watch, tally } = this.cluster;
    await watch.until(
      "all had arrived",
      () => tally.owed(before) === 0,
      DELIVERY_PATIENCE,
    ).catch(({ message }) => this.#narrator.onFault("tally", message));
    const row = tally.rows().at(before === Infinity ? -1 : -2);
    if (!row) return;
    const { phase, published, due, sameHub, across, lost } = row;
    const but = lost > 0 ? `, ${lost} lost` : "";
    this.#view.note(
      "bold",
      "tally",
      `${phase}: ${published} events, ${
        sameHub + across
      } of ${due} deliveries${but}`,
    );
  }

  /** What goes to spokes on the way, or comes from them, may be lost. */
  #move(spokes: readonly SpokeView[], since: number): void {
    for (const spoke of spokes) {
      const { name } = spoke.plan;
      const excuse: Excuse = {
        since,
        until: Infinity,
        covers: ({ from }, receiver) => from === name || receiver === name,
      };
      spoke.isSettled = false;
      this.#narrator.moving.set(spoke, excuse);
      this.cluster.tally.excuse(excuse);
    }
  }

  #untilSettled(spokes: readonly SpokeView[]): Promise<void> {
    return this.cluster.watch.until(
      "all spokes had a hub again",
      () => spokes.every(({ isSettled }) => isSettled),
    );
  }

  #look(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#pause));
  }
}

/** Whether every hub knows how many are in each room, wherever they are. */
function allKnown(cluster: Cluster): () => boolean {
  const counts = ROOMS.map((room) =>
    SPOKES.filter(({ rooms }) => rooms.includes(room)).length
  );
  return () =>
    cluster.hubs.every(({ state }) =>
      ROOMS.every((room, i) => state.subscribers[room] === counts[i])
    );
}
