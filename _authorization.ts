// Asking the application who may do what.

import type { HubFault } from "./_hub_options.ts";
import { RefusedError } from "./errors.ts";

/** The hooks of a hub, as they are asked. */
export class Authorization {
  readonly #report: (fault: HubFault) => void;

  /** @param report Told of refusals, and of hooks that throw. */
  constructor(report: (fault: HubFault) => void) {
    this.#report = report;
  }

  /**
   * Asks a hook: only `true` is a yes.
   *
   * @param refusal What the report says: nothing is put in words for a yes.
   * @param isAsked Whether the answer still matters when it comes.
   */
  async allows(
    ask: () => boolean | Promise<boolean>,
    refusal: () => string,
    where: Omit<HubFault, "error">,
    isAsked: () => boolean = () => true,
  ): Promise<boolean> {
    let cause: unknown;
    try {
      if (await ask() === true) return true;
    } catch (error) {
      cause = error;
    }
    if (isAsked()) {
      const error = new RefusedError(refusal(), { cause });
      this.#report({ error, ...where });
    }
    return false;
  }
}
