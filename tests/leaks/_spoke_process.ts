// Spokes that are measured. Arguments: transport, address of the hub.

import { getEventListeners } from "node:events";
import { read, serve } from "./_metered.ts";
import { comeAndGo } from "./_connects.ts";
import { Listening } from "./_pairs.ts";
import { transportNamed } from "./_transports.ts";

const [name, address = ""] = Deno.args;
const dialling = await transportNamed(name).dialling(address);
/** Outlives all that it is given to. */
const { signal } = new AbortController();
let listening: Listening | undefined;

await serve(null, {
  async read() {
    const aborts = getEventListeners(signal, "abort").length;
    return { ...await read(), aborts };
  },
  connects: (count: number) => comeAndGo(dialling, count, signal),
  async open() {
    listening = new Listening(await dialling.connect(), signal);
  },
  pairs: (count: number) => listening!.pairs(count),
  pings: (count: number) => listening!.pings(count),
  dispatch: (count: number) => listening!.dispatch(count),
  reconnects: (count: number) => listening!.reconnects(count),
});
