// Starts the processes, lets the faults happen, calls rounds and rests, judges.

import { deferred, within } from "../../_deferred.ts";
import type { Child } from "./_child.ts";
import { type Fault, faultsOf } from "./_faults.ts";
import { Judge } from "./_judge.ts";
import { type HeapSample, heapTrends } from "./_memory.ts";
import { Processes } from "./_processes.ts";
import type { Kind, Report, Rested } from "./_protocol.ts";
import type { Finding } from "./_received.ts";
import { sentenceOf, Story } from "./_story.ts";
import { Tally } from "./_tally.ts";

/** What is to be run. */
export interface SoakOptions {
  readonly ms: number;
  readonly seed: number;
  /** Events a second. */
  readonly rate: number;
  readonly kinds: readonly Kind[];
  readonly canStop: boolean;
}

const PROCESSES = 4;
const ROUND_MS = 300;
/** Load between two rests, in short runs less. */
const PHASE_MS = 12_000;
const MIN_PHASES = 2;
/** How long a rest waits for spokes that are cut off, and the last one. */
const PATIENCE_MS = 2_000;
const LAST_PATIENCE_MS = 60_000;
/** A process that is silent for so long is stuck, however slow the machine. */
const STUCK_MS = 120_000;

/** Names the end of a run that must not be. */
export class Violation extends Error {
  override name = "Violation";
}

/** One soak. */
export class Conductor {
  readonly story = new Story();
  readonly judge = new Judge();
  readonly hubTally = new Tally();
  readonly spokesTally = new Tally();
  readonly done = { kill: 0, leave: 0, stop: 0, kick: 0 };
  readonly heapSamples: HeapSample[] = [];
  rests = 0;
  readonly #options: SoakOptions;
  readonly #started = deferred<number>();
  readonly #violated = deferred<never>();
  readonly #processes: Processes;
  readonly #chains = new Map<Fault["whom"], Promise<void>>();
  readonly #born = new Set<string>();
  #round = 1;
  #isOver = false;
  #ended: string[] = [];
  #endedBefore: string[] = [];

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#processes = new Processes({ ...options, processes: PROCESSES }, {
      round: () => this.#round,
      onStart: ({ name, pid }) =>
        this.story.event(`${name} was started, process ${pid}`),
      onReport: (report, child) => this.#onReport(report, child),
      onEnd: (child) => this.#onEnd(child),
      onFault: ({ name }, error) => this.#violate(`${name}: ${error}`),
    });
    this.#violated.promise.catch(() => {});
  }

  /** Resolves with the number of processes once all of them run. */
  get started(): Promise<number> {
    return this.#started.promise;
  }

  /** @throws {Violation} At the first one. */
  async run(): Promise<void> {
    await Promise.race([this.#perform(), this.#violated.promise]);
  }

  /** Ends every process that still runs. */
  async kill(): Promise<void> {
    this.#isOver = true;
    await this.#processes.kill();
  }

  async #perform(): Promise<void> {
    await this.#processes.start();
    this.#started.resolve(this.#processes.all.size);
    const rounds = this.#callRounds();
    rounds.catch((error) => this.#violated.reject(error));
    const { ms, seed, canStop } = this.#options;
    const faults = faultsOf({ seed, ms, processes: PROCESSES, canStop });
    const phases = Math.max(MIN_PHASES, Math.round(ms / PHASE_MS));
    for (let i = 1; i <= phases; i++) {
      await this.#load(faults, ms * (i - 1) / phases, ms * i / phases);
      await Promise.all(this.#chains.values());
      await this.#rest(i === phases);
    }
    this.#isOver = true;
    await rounds;
    for (const child of [...this.#processes.spokes, this.#processes.hub]) {
      await this.#leave(child);
    }
    for (const { isLeak, first, last } of heapTrends(this.heapSamples)) {
      if (isLeak) {
        throw new Violation(
          `the hub's heap grew from ${first} to ${last} bytes`,
        );
      }
    }
  }

  #onEnd(child: Child): void {
    const { name, isDoomed, errors } = child;
    this.#tallyOf(child).retire(child);
    for (const born of this.#born) {
      if (born.startsWith(`${name}/`)) this.#onEnded(born);
    }
    if (!isDoomed) this.#violate(`${name} ended by itself: ${errors}`);
  }

  #tallyOf({ name }: Child): Tally {
    return name.startsWith("hub") ? this.hubTally : this.spokesTally;
  }

  #onReport(report: Report, child: Child): void {
    if (report.say === "round") {
      this.#tallyOf(child).set(child, report.figures);
    } else if (report.say === "doubt") {
      this.judge.doubt(report.from, report.doubts);
    } else if (report.say === "finding") {
      const found = this.judge.find(report.finding, this.#round);
      if (found) this.#violateBy(found);
    } else if (report.say === "status") {
      this.#born.add(report.name);
      this.story.status(report.name, report.text);
      if (report.hasEnded) this.#onEnded(report.name);
    } else if (report.say === "broken") {
      this.#violate(`${report.name} ${report.why}`, report.name);
    }
  }

  #onEnded(name: string): void {
    if (this.#born.delete(name)) this.#ended.push(name);
  }

  async #callRounds(): Promise<void> {
    while (!this.#isOver || this.judge.isWaiting) {
      const round = ++this.#round;
      await this.#soon(
        "answer a round",
        [...this.#processes.all].map((child) => {
          // One that was killed has said all that it ever will.
          const answered = child.next("round").catch(() => {});
          child.order({ say: "round", round });
          return answered;
        }),
      );
      for (const finding of this.judge.answered(round)) {
        this.#violateBy(finding);
      }
      await pause(ROUND_MS);
    }
  }

  /** Lets the faults of a span of time happen. */
  async #load(faults: Fault[], from: number, to: number): Promise<void> {
    const start = performance.now() - from;
    const until = (at: number) => pause(at - (performance.now() - start));
    for (const fault of faults) {
      if (fault.at < from || fault.at >= to) continue;
      await until(fault.at);
      // What befalls one process befalls it in order.
      const before = this.#chains.get(fault.whom) ?? Promise.resolve();
      const done = before.then(() => this.#do(fault));
      done.catch((error) => this.#violate(String(error)));
      this.#chains.set(fault.whom, done);
    }
    await until(to);
  }

  async #do({ whom, what, lasts, pick, code }: Fault): Promise<void> {
    if (this.#isOver) return;
    const child = whom === "hub"
      ? this.#processes.hub
      : this.#processes.spokes[whom]!;
    this.done[what]++;
    this.story.event(
      `${child.name}: ${what}, ${what === "kick" ? code : `${lasts} ms`}`,
    );
    if (what === "kick") return child.order({ say: "kick", pick, code });
    if (what === "stop") return await child.stopFor(lasts);
    if (what === "kill") await child.kill();
    else await this.#leave(child);
    await pause(lasts);
    if (this.#isOver) return;
    if (whom === "hub") await this.#processes.startHub();
    else await this.#processes.startSpokes(whom);
  }

  async #leave(child: Child): Promise<void> {
    child.isDoomed = true;
    const left = child.next("left");
    child.order({ say: "leave" });
    await this.#soon<unknown>(`end ${child.name}`, [left, child.ended]);
  }

  /** Nobody sends; everything that was sent is accounted for. */
  async #rest(isLast: boolean): Promise<void> {
    const no = ++this.rests;
    const patience = isLast ? LAST_PATIENCE_MS : PATIENCE_MS;
    this.story.event(`rest ${no}`);
    const rested = await this.#soon(
      "rest",
      this.#processes.spokes.map((child) => {
        child.order({ say: "rest", no, patience });
        return child.next("rested");
      }),
    );
    const spokes = rested.flatMap(({ spokes }) => spokes);
    const cutOff = spokes.filter(({ isFlushed }) => !isFlushed);
    if (isLast && cutOff[0]) {
      const { name } = cutOff[0];
      this.#violate(`${name} did not come back in ${patience} ms`, name);
    }
    const tables = rested.flatMap(({ tables }) => tables);
    const marks = spokes.filter(({ isFlushed }) => isFlushed)
      .map(({ mark }) => mark);
    this.#processes.hub.order({ say: "compare", tables, marks });
    const [counted] = await this.#soon("count", [
      this.#processes.hub.next("counted"),
    ]);
    const compared = await this.#soon(
      "compare",
      this.#processes.spokes.map((child) => {
        child.order({ say: "compare", tables, marks });
        return child.next("compared");
      }),
    );
    this.story.event(`rest ${no} is over, ${cutOff.length} were cut off`);
    const losses = new Map(compared.flatMap(({ losses }) => losses));
    const topics = new Map(counted!.topics);
    for (const spoke of spokes) {
      // Only the connection that was flushed has to have them.
      if (!spoke.isFlushed || losses.get(spoke.name) !== spoke.losses) continue;
      this.#checkTopics(spoke, topics.get(spoke.mark) ?? []);
    }
    this.heapSamples.push({
      incarnation: this.#processes.hubsStarted,
      at: this.story.seconds,
      bytes: counted!.heap,
      connections: counted!.connections,
    });
    this.#forget();
    for (const child of this.#processes.spokes) child.order({ say: "go" });
  }

  /** One that is given up for lost at the hub may still have the same ones. */
  #checkTopics({ name, topics }: Rested, atHub: string[][]): void {
    const wanted = topics.join(", ");
    const found = atHub.map((topics) => topics.join(", "));
    if (found.includes(wanted)) return;
    this.#violate(
      `${name} listens to ${wanted}; the hub has ${
        found.join(" and ") || "nothing"
      }`,
      name,
    );
  }

  /** Those that ended before the last rest: nothing can come of them. */
  #forget(): void {
    const names = this.#endedBefore;
    this.#endedBefore = this.#ended;
    this.#ended = [];
    for (const child of [...this.#processes.spokes, this.#processes.hub]) {
      child.order({ say: "gone", names });
    }
    this.judge.forget(names);
    this.story.forget(names);
  }

  async #soon<T>(what: string, all: Promise<T>[]): Promise<T[]> {
    return await within(Promise.all(all), STUCK_MS, () => {
      throw new Violation(`the processes did not ${what} in ${STUCK_MS} ms`);
    });
  }

  #violateBy(finding: Finding): void {
    this.#violate(sentenceOf(finding), finding.from, finding.receiver);
  }

  #violate(what: string, ...names: string[]): void {
    const text = [what, ...this.story.around(...names)].join("\n");
    this.#violated.reject(new Violation(text));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
