/**
 * Calls to another machine over iroh: `deno task example:rpc` shows them on this
 * one. On two:
 *
 *     deno task example:rpc serve --reach network
 *     deno task example:rpc call --reach network TICKET divide '{"a":1,"b":4}'
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { REACHES, readSecretKey } from "../_endpoint.ts";
import { onInterrupt } from "../_interrupt.ts";
import { api, type MachineApi } from "./api.ts";
import { connect } from "./client.ts";
import { startServer } from "./server.ts";
import { showTour } from "./_tour.ts";

const USAGE =
  `Usage: deno task example:rpc                            both, on this machine
       deno task example:rpc serve                      prints its ticket
       deno task example:rpc call TICKET METHOD [JSON]  prints what it gives

  METHOD           ${Object.keys(api).join(", ")}
  --reach machine  from where others can come: ${REACHES.join(", ")}
  --key FILE       the identity, made when there is none; a new one each time
                   when left out
  --port 4433      of a server: the UDP port, so that old tickets hold with --key
  --allow NODE     of a server: who may call; several times for several
  --timeout 10000  of a call, in milliseconds`;

const { values, positionals: [mode, ticket, name, json = "null"] } = parseArgs({
  allowPositionals: true,
  options: {
    reach: { type: "string", default: "machine" },
    key: { type: "string" },
    port: { type: "string", default: "0" },
    allow: { type: "string", multiple: true, default: [] },
    timeout: { type: "string", default: "10000" },
  },
});
const reach = REACHES.find((one) => one === values.reach);
if (!reach) usage();
const secretKey = values.key ? await readSecretKey(values.key) : undefined;

if (mode === undefined) {
  await showTour();
} else if (mode === "serve") {
  const { allow, port } = values;
  const choices = { reach, secretKey, allow, port: Number(port) };
  const server = await startServer(choices);
  const more = reach === "machine" ? "" : ` --reach ${reach}`;
  console.log(
    `To call it: npx deno task example:rpc call${more} ${server.ticket} whoami`,
  );
  onInterrupt(server.close);
} else if (mode === "call" && ticket && name) {
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort(new Error("Stopped")));
  const client = await connect(ticket, { reach, secretKey });
  try {
    const { signal } = stopping;
    const result = await client.machine.call(
      // The server checks both.
      name as keyof MachineApi,
      JSON.parse(json),
      { signal, timeout: Number(values.timeout) },
    );
    console.log(JSON.stringify(result, null, 2));
  } catch (error) {
    console.error(String(error));
    process.exitCode = 1;
  }
  await client.close();
} else {
  usage();
}

function usage(): never {
  console.error(USAGE);
  process.exit(2);
}
