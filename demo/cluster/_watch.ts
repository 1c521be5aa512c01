// Waiting until something is so, by looking whenever something has changed.

import { within } from "../../_deferred.ts";

/** How long anything may take that takes a second or two. */
const PATIENCE = 15_000;

export class Watch {
  readonly #looks = new Set<() => void>();

  /** Something may have changed. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  /** @throws {Error} When it does not come to be so. */
  async until(
    what: string,
    isSo: () => boolean,
    patience = PATIENCE,
  ): Promise<void> {
    let stop!: () => void;
    const soon = new Promise<void>((resolve) => {
      const look = () => {
        if (isSo()) resolve();
      };
      stop = () => this.#looks.delete(look);
      this.#looks.add(look);
      look();
    });
    await within(soon, patience, () => {
      throw new Error(`It took over ${patience} ms until ${what}`);
    }).finally(stop);
  }
}
