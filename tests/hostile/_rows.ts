// What hostile peers say, and what comes of it: for the documentation, too.

import type { Row, TransportName } from "./_hostile_types.ts";
import { controlRows } from "./_rows_control.ts";
import { eventRows, hookRows } from "./_rows_events.ts";
import { messageRows } from "./_rows_messages.ts";

export const rows: readonly Row[] = [
  ...messageRows,
  ...controlRows,
  ...eventRows,
  ...hookRows,
];

/** The rows that make sense on a transport. */
export const rowsOn = (transport: TransportName): readonly Row[] =>
  rows.filter(({ on }) =>
    on === undefined || transport.endsWith(on) || transport.startsWith(on)
  );
