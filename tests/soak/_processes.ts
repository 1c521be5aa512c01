// The processes of a soak: which there are, how each is started, and again.

import { Child } from "./_child.ts";
import type {
  Addresses,
  HubArgs,
  Kind,
  Report,
  SpokesArgs,
} from "./_protocol.ts";

const SPOKES_PER_KIND = 2;

/** What the processes are started with. */
export interface ProcessOptions {
  readonly kinds: readonly Kind[];
  readonly seed: number;
  /** Events a second, of all processes together. */
  readonly rate: number;
  /** Processes of spokes. */
  readonly processes: number;
}

/** What whoever has the processes is told, and asked. */
export interface ProcessesOwner {
  /** The round that was called last. */
  round(): number;
  onStart(child: Child): void;
  onReport(report: Report, child: Child): void;
  /** All that it said has been heard. */
  onEnd(child: Child): void;
  /** What a process said cannot be understood. */
  onFault(child: Child, error: unknown): void;
}

/** One hub, and some processes of spokes. */
export class Processes {
  readonly spokes: Child[] = [];
  /** Those that run. */
  readonly all = new Set<Child>();
  readonly #options: ProcessOptions;
  readonly #owner: ProcessesOwner;
  readonly #secretKey = crypto.getRandomValues(new Uint8Array(32)).toHex();
  #hub!: Child;
  #hubsStarted = 0;
  #spokesStarted = 0;
  #addresses: Addresses = {};
  #ports: HubArgs["ports"] = {};

  constructor(options: ProcessOptions, owner: ProcessesOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** The hub's process, or the last one that there was. */
  get hub(): Child {
    return this.#hub;
  }

  get hubsStarted(): number {
    return this.#hubsStarted;
  }

  /** Starts all of them. */
  async start(): Promise<void> {
    await this.startHub();
    const { processes } = this.#options;
    await Promise.all(
      Array.from({ length: processes }, (_, i) => this.startSpokes(i)),
    );
  }

  /** Starts the hub: the second time with the same key and ports. */
  async startHub(): Promise<void> {
    const args: HubArgs = {
      kinds: this.#options.kinds,
      secretKey: this.#secretKey,
      ports: this.#ports,
      round: this.#owner.round(),
    };
    this.#hub = this.#start(`hub.${++this.#hubsStarted}`, "./hub.ts", args);
    const { addresses, ports } = await this.#hub.next("ready");
    this.#addresses = addresses!;
    this.#ports = ports!;
  }

  /** Starts a process of spokes in the place of the former one. */
  async startSpokes(i: number): Promise<void> {
    const { seed, rate, processes } = this.#options;
    const serial = ++this.#spokesStarted;
    const args: SpokesArgs = {
      name: `p${i}.${serial}`,
      seed: seed + 100_000 * serial,
      addresses: this.#addresses,
      spokesPerKind: SPOKES_PER_KIND,
      rate: rate / processes,
      round: this.#owner.round(),
    };
    const child = this.#start(args.name, "./spokes.ts", args);
    this.spokes[i] = child;
    await child.next("ready");
  }

  /** Kills all of them. */
  async kill(): Promise<void> {
    await Promise.all([...this.all].map((child) => child.kill()));
  }

  #start(name: string, script: string, args: unknown): Child {
    const owner = this.#owner;
    const child = new Child(name, script, args, (report, child) => {
      owner.onReport(report, child);
    });
    this.all.add(child);
    owner.onStart(child);
    child.ended.then(() => {
      this.all.delete(child);
      owner.onEnd(child);
    }).catch((error) => owner.onFault(child, error));
    return child;
  }
}
