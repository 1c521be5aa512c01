// Where a process that starts finds somebody who answers.

import type { BindingName } from "../../tests/_iroh.ts";

export interface Addresses {
  readonly hub: string;
  /** A bare WebSocket. */
  readonly socket: string;
  readonly "socket.io": string;
  /** Of the bindings that are there. */
  readonly iroh: Partial<Record<BindingName, { hub: string; bare: string }>>;
}
