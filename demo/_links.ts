// How the spokes stand with the hub, as they tell it themselves.

import { type Report, type SpokeName, SPOKES } from "./_protocol.ts";
import { duration, note, paint } from "./_screen.ts";

/** How long anything may take that takes a fraction of a second. */
const PATIENCE = 15_000;

/** What a spoke says of its connection. */
export type LinkReport = Report & { say: "open" | "reconnecting" };

interface Link {
  isOpen: boolean;
  reconnects: number;
  /** Milliseconds from the kill to the spoke's noticing. */
  noticedIn?: number;
  /** Milliseconds from the hub's return to the spoke's. */
  backIn?: number;
}

export class Links {
  readonly #links = new Map<SpokeName, Link>(
    // The first connection is no reconnect.
    SPOKES.map((name) => [name, { isOpen: false, reconnects: -1 }]),
  );
  readonly #watchers = new Set<() => void>();
  #hubGoneAt: number | undefined;
  #hubBackAt = 0;

  of(name: SpokeName): Link {
    return this.#links.get(name)!;
  }

  hubIsGone(): void {
    this.#hubGoneAt = performance.now();
  }

  hubIsBack(): void {
    this.#hubGoneAt = undefined;
    this.#hubBackAt = performance.now();
  }

  onReport(name: SpokeName, report: LinkReport): void {
    const link = this.of(name);
    link.isOpen = report.say === "open";
    if (report.say === "reconnecting") {
      const { attempt, delay, why } = report;
      const next = `attempt ${attempt} in ${Math.round(delay)} ms`;
      if (attempt === 1 && link.reconnects >= 0) {
        if (this.#hubGoneAt !== undefined) {
          link.noticedIn ??= performance.now() - this.#hubGoneAt;
        }
        note(name, `lost the hub (${why}), ${next}`);
      } else note(name, `${why}, ${next}`);
    } else if (++link.reconnects > 0) {
      const ms = performance.now() - this.#hubBackAt;
      link.backIn ??= ms;
      const text = `is connected again, ${duration(ms)} after the hub was back`;
      note(name, paint("green", text));
    }
    for (const watcher of this.#watchers) watcher();
  }

  allOpen(): Promise<void> {
    return this.#until("connect", ({ isOpen }) => isOpen);
  }

  allLost(): Promise<void> {
    return this.#until("notice the loss", ({ isOpen }) => !isOpen);
  }

  async #until(what: string, holds: (link: Link) => boolean): Promise<void> {
    const late = () => SPOKES.filter((name) => !holds(this.of(name)));
    let watcher!: () => void;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve, reject) => {
      watcher = () => {
        if (late().length === 0) resolve();
      };
      timer = setTimeout(() => {
        const who = late().join(" and ");
        reject(new Error(`${who} did not ${what} in ${PATIENCE} ms`));
      }, PATIENCE);
      this.#watchers.add(watcher);
      watcher();
    }).finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
    });
  }
}
