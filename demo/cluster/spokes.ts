// A process of six spokes of one kind: they subscribe once, publish, and go on at
// another hub when theirs is gone.

import { createEvent } from "../../mod.ts";
import type { SpokeEventTarget, SpokeStatus } from "../../iroh_spoke.ts";
import { answerCalls, report } from "../_party_side.ts";
import { briefly, now } from "../_protocol.ts";
import { createSpoke, type Dialled } from "./_spoke_kinds.ts";
import {
  type Events,
  HUBS,
  type Payload,
  type Room,
  ROOMS,
  type SpokePlan,
  SPOKES,
  topicOf,
  TYPE,
} from "./_plan.ts";
import type {
  HubAddress,
  Receipt,
  SpokesCalls,
  SpokesReport,
} from "./_protocol.ts";

/** Milliseconds of traffic that are told at once. */
const TOLD_EVERY = 50;

const tell = report<SpokesReport>;
let sent: (Payload & { room: Room })[] = [];
let received: Receipt[] = [];

/** Comes before whatever is told next. */
function tellTraffic(): void {
  if (sent.length + received.length === 0) return;
  tell({ say: "traffic", sent, received });
  sent = [];
  received = [];
}

class ClusterSpoke {
  readonly plan: SpokePlan;
  readonly #hubs: readonly HubAddress[];
  #dialled!: Dialled<Events>;
  /** Which hub to dial next. */
  #next: number;
  /** The one that was dialled last. */
  #hub = -1;
  #published = 0;
  #isResting = false;

  constructor(plan: SpokePlan, hubs: readonly HubAddress[]) {
    this.plan = plan;
    this.#hubs = hubs;
    this.#next = plan.home;
  }

  get #target(): SpokeEventTarget<Events> {
    return this.#dialled.target;
  }

  async start(): Promise<void> {
    this.#dialled = await createSpoke<Events>(
      this.plan,
      () => this.#choose(),
      (status) => this.#onStatus(status),
    );
    for (const room of this.plan.rooms) {
      this.#target.addEventListener(topicOf(room), ({ detail }) => {
        const event = { ...detail.payload, room: detail.id as Room };
        received.push([event, this.plan.name, this.#hub]);
      });
    }
    await this.#settle();
  }

  /** To each room in turn, also to those that it is in itself. */
  publish(): void {
    if (this.#isResting) return;
    const n = ++this.#published;
    const room = ROOMS[n % ROOMS.length]!;
    const hub = this.#target.state === "open" ? this.#hub : -1;
    const payload = { from: this.plan.name, n, at: now(), hub };
    this.#target.dispatchEvent(createEvent(TYPE, room, payload));
    sent.push({ ...payload, room });
  }

  /** Publishes nothing until it is at home. */
  rest(): void {
    this.#isResting = true;
  }

  async goHome(): Promise<void> {
    this.#next = this.plan.home;
    await this.#target.reconnect();
    this.#isResting = false;
  }

  flush(): Promise<void> {
    return this.#target.flush();
  }

  async stop(): Promise<void> {
    await this.#target.close();
    await this.#dialled.release();
  }

  /** Asked for each attempt to connect: the one after it goes elsewhere. */
  #choose(): HubAddress {
    this.#hub = this.#next;
    this.#next = (this.#hub + this.plan.step) % HUBS.length;
    return this.#hubs[this.#hub]!;
  }

  #onStatus(status: SpokeStatus): void {
    const spoke = this.plan.name;
    tellTraffic();
    if (status.type === "open") {
      tell({ say: "open", spoke, hub: this.#hub });
      // Not the first time: there is nothing to listen on yet.
      if (this.#dialled) void this.#settle();
    } else if (status.type === "reconnecting") {
      tell({ say: "lost", spoke, why: briefly(status.error) });
    } else if (status.type === "closed" && status.error) {
      tell({ say: "fault", spoke, why: briefly(status.error) });
    }
  }

  /** A hub answers when the engine, too, knows what is subscribed. */
  async #settle(): Promise<void> {
    const hub = this.#hub;
    try {
      await this.#target.flush();
    } catch {
      return; // It is lost again.
    }
    if (hub !== this.#hub) return;
    tell({ say: "settled", spoke: this.plan.name, at: now() });
  }
}

let spokes: ClusterSpoke[] = [];
let publishing: ReturnType<typeof setInterval> | undefined;
let telling: ReturnType<typeof setInterval> | undefined;

const find = (name: string) => spokes.find(({ plan }) => plan.name === name)!;

await answerCalls<SpokesCalls>({
  async start({ kind, hubs }) {
    const plans = SPOKES.filter((plan) => plan.kind === kind);
    spokes = plans.map((plan) => new ClusterSpoke(plan, hubs));
    await Promise.all(spokes.map((spoke) => spoke.start()));
    telling = setInterval(tellTraffic, TOLD_EVERY);
  },
  publish({ interval }) {
    clearInterval(publishing);
    if (interval === 0) return tellTraffic();
    let turn = 0;
    publishing = setInterval(() => {
      spokes[turn++ % spokes.length]!.publish();
    }, interval / spokes.length);
  },
  catchUp: tellTraffic,
  rest: ({ spoke }) => find(spoke).rest(),
  goHome: ({ spoke }) => find(spoke).goHome(),
  async flush() {
    await Promise.all(spokes.map((spoke) => spoke.flush()));
    tellTraffic();
  },
  async stop() {
    clearInterval(publishing);
    await Promise.all(spokes.map((spoke) => spoke.stop()));
    clearInterval(telling);
    tellTraffic();
  },
});
