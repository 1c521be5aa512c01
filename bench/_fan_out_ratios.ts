// One event to many WebSockets, against a loop over as many others.

import type { Round, Took } from "./_fan_out.ts";
import { Peer } from "./_process.ts";
import type { RatioTable } from "./_ratio_table.ts";
import { ROUNDS, WARM_UPS } from "./_turns.ts";

/** How many get each event. */
const SOCKETS = 1000;
const EVENTS = 60;

export async function measureFanOut(table: RatioTable): Promise<void> {
  await using server = new Peer("./_fan_out.ts", [String(SOCKETS)]);
  await server.next();
  const rounds: Round[] = [];
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const one = await server.ask<Round>(EVENTS);
    if (round >= 0) rounds.push(one);
  }
  const rates = (how: keyof Round, what: keyof Took) =>
    rounds.map((round) => SOCKETS / round[how][what] * 1000);
  table.addRatio(
    `fan-out to ${SOCKETS} WebSockets, all received : for (…) socket.send(text)`,
    0.9,
    rates("hub", "delivering"),
    rates("loop", "delivering"),
  );
  // A tenth of it: writing to the sockets comes after, in either case.
  table.addRatio(
    "  as above, only until send() was called for all : the same",
    undefined,
    rates("hub", "sending"),
    rates("loop", "sending"),
  );
}
