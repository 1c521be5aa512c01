// Starts the processes, lets them play the script, kills the hub, counts.

import { Forwarder } from "./_forwarder.ts";
import { Ledger, type Sent } from "./_ledger.ts";
import { Links } from "./_links.ts";
import { Party } from "./_party.ts";
import {
  type BindingName,
  type Calls,
  type PartyName,
  type Report,
  type SpokeName,
  SPOKES,
  type Started,
} from "./_protocol.ts";
import {
  COLUMNS,
  continued,
  duration,
  note,
  noteWaiting,
  paint,
  type Row,
  showEvent,
} from "./_screen.ts";
import { HURRIED_PACE, type Line, PACE } from "./_script.ts";

export class Conductor {
  readonly ledger = new Ledger();
  readonly #binding: BindingName;
  readonly #secretKey = [...crypto.getRandomValues(new Uint8Array(32))];
  readonly #parties = new Map<PartyName, Party<Calls, Report>>();
  readonly #started = new Map<PartyName, Started>();
  readonly #links = new Links();
  #forwarder: Forwarder | undefined;
  #faults = 0;

  constructor(binding: BindingName) {
    this.#binding = binding;
  }

  /** What went wrong otherwise than by an event not arriving. */
  get faults(): number {
    return this.#faults;
  }

  /** Starts the hub: first on any free port, then on the same one again. */
  async startHub(): Promise<Started> {
    const party = this.#spawn("hub");
    const started = await party.call("start", {
      binding: this.#binding,
      secretKey: this.#secretKey,
      port: this.#started.get("hub")?.port,
    });
    if (this.#binding === "rayhanadev") await this.#keepPort(started);
    this.#links.hubIsBack();
    this.#started.set("hub", started);
    this.ledger.subscribe("hub", started.topics);
    note("hub", `process ${party.pid} listens on UDP port ${started.port}`);
    return started;
  }

  async startSpokes(): Promise<void> {
    const hub = this.#started.get("hub")!.address;
    await Promise.all(SPOKES.map(async (name) => {
      const party = this.#spawn(name);
      const args = { binding: this.#binding, name, hub };
      const started = await party.call("start", args);
      this.#started.set(name, started);
      this.ledger.subscribe(name, started.topics);
      const topics = started.topics.map(brief);
      note(name, `process ${party.pid} is connected and subscribed to`);
      continued(topics.slice(0, 2).join(", ") + ",");
      continued(topics.slice(2).join(", "));
    }));
  }

  /** No last words: no goodbye to the spokes. */
  async killHub(): Promise<void> {
    const hub = this.#party("hub");
    this.#links.hubIsGone();
    await hub.kill();
    note("hub", paint("red", `process ${hub.pid} was killed with SIGKILL`));
  }

  /** Resolves once every spoke knows that the hub is gone. */
  lossNoticed(): Promise<void> {
    return this.#links.allLost();
  }

  /** Resolves once the hub knows every spoke and what it subscribed to. */
  async everybodyConnected(): Promise<void> {
    let flushed: PromiseSettledResult<unknown>[];
    do {
      const gone = SPOKES.find((name) => this.#party(name).hasExited);
      if (gone) throw new Error(`${gone} has ended`);
      await this.#links.allOpen();
      flushed = await this.#flushSpokes();
    } while (flushed.some(({ status }) => status === "rejected"));
  }

  /** Lets the parties send, one event after the other. */
  async play(lines: readonly Line[], counts: boolean): Promise<void> {
    const pace = counts ? PACE[this.#binding] : HURRIED_PACE;
    for (const [from, type, whom] of lines) {
      const id = type === "direct"
        ? this.#started.get(whom as PartyName)!.nodeId
        : whom;
      const event = this.ledger.send(from, type, id, counts);
      const { n } = event;
      const { waits } = await this.#party(from).call("publish", {
        n,
        type,
        id,
      });
      if (waits) noteWaiting(from, n, topicOf(event));
      await new Promise((resolve) => setTimeout(resolve, pace));
    }
  }

  /**
   * Resolves once all that was sent has been received, or is lost. A spoke's
   * `flush()` says that the hub has worked off what the spoke sent, the hub's
   * that the spokes have worked off what it relayed. "sync" comes back after
   * all that they had to report.
   */
  async settle(): Promise<void> {
    // A spoke that is cut off now has missed something; the ledger knows what.
    await this.#flushSpokes();
    await this.#party("hub").call("flush");
    const parties = [...this.#parties.values()];
    await Promise.all(parties.map((party) => party.call("sync")));
    for (const event of this.ledger.giveUp()) this.#show(event);
  }

  /** Lets all processes end by themselves, spokes first. */
  async stop(): Promise<void> {
    await Promise.all(SPOKES.map((name) => this.#party(name).stop()));
    await this.#party("hub").stop();
  }

  /** Ends whatever still runs. */
  async kill(): Promise<void> {
    await Promise.all([...this.#parties.values()].map((party) => party.kill()));
    this.#forwarder?.close();
    this.#forwarder = undefined;
  }

  rows(): Row[] {
    const time = (ms?: number) => ms === undefined ? "" : duration(ms);
    return COLUMNS.map((name) => {
      const score = this.ledger.score(name);
      if (name === "hub") {
        return { name, ...score, reconnects: "killed", noticed: "", back: "" };
      }
      const { reconnects, noticedIn, backIn } = this.#links.of(name);
      return {
        name,
        ...score,
        reconnects: `${reconnects}`,
        noticed: time(noticedIn),
        back: time(backIn),
      };
    });
  }

  /** What number0 has by `port`, see the forwarder. */
  async #keepPort({ nodeId, port }: Started): Promise<void> {
    this.#forwarder ??= await Forwarder.open();
    this.#forwarder.aimAt(port);
    const { announce } = await import("../tests/_iroh.ts");
    await announce(nodeId, this.#forwarder.port);
  }

  #flushSpokes(): Promise<PromiseSettledResult<unknown>[]> {
    return Promise.allSettled(
      SPOKES.map((name) => this.#party(name).call("flush")),
    );
  }

  #party(name: PartyName): Party<Calls, Report> {
    return this.#parties.get(name)!;
  }

  #spawn(name: PartyName): Party<Calls, Report> {
    const file = name === "hub" ? "./hub.ts" : "./spoke.ts";
    const party = new Party<Calls, Report>(
      name,
      new URL(file, import.meta.url),
      (report) => this.#onReport(name, report),
    );
    this.#parties.set(name, party);
    return party;
  }

  #onReport(name: PartyName, report: Report): void {
    if (report.say === "received") {
      const event = this.ledger.receive(name, report.n, report.ms);
      if (event) this.#show(event);
    } else if (report.say === "fault") {
      this.#faults++;
      note(name, paint("red", report.why));
    } else this.#links.onReport(name as SpokeName, report);
  }

  #show(event: Sent): void {
    showEvent(event, topicOf(event));
  }
}

function topicOf({ type, id }: Sent): string {
  return brief(id === "" ? type : `${type}:${id}`);
}

/** Of a public key the first digits. */
function brief(topic: string): string {
  return topic.replace(/^(direct:.{6}).*/, "$1…");
}
