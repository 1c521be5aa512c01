// What there is to see, one after the other: a server in a process of its own,
// and a client in this one.

import process from "node:process";
import { styleText } from "node:util";
import { createEvent } from "@alkdev/pubsub";
import { linesOf } from "./_lines.ts";
import { connect, type Connected } from "./client.ts";
import { RpcError } from "./rpc.ts";

const main = new URL("main.ts", import.meta.url);
const isColored = process.stdout.isTTY && !process.env.NO_COLOR;

/** Shows all of it, and ends. */
export async function showTour(): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", main.href, "serve"],
    stdout: "piped",
    stderr: "piped",
    stdin: "null",
  }).spawn();
  const found = Promise.withResolvers<string>();
  const read = Promise.all(
    [server.stdout, server.stderr].map(async (stream) => {
      for await (const line of linesOf(stream)) {
        const [ticket] = line.match(/endpoint\w+/) ?? [];
        if (ticket) found.resolve(ticket);
        else if (line !== "") print("dim", `    server: ${line}`);
      }
    }),
  );
  try {
    const client = await connect(await found.promise, { reach: "machine" });
    console.log(`This is node ${client.me}`);
    await tell(client);
    await client.close();
  } finally {
    server.kill("SIGTERM");
    await Promise.all([server.status, read]);
  }
}

async function tell({ machine, spoke, me }: Connected): Promise<void> {
  head("Calls");
  // What is called, with what and what it gives is checked by the compiler.
  await show("whoami", machine.call("whoami", null));
  await show("machine", machine.call("machine", null));
  await show("divide 1 / 4", machine.call("divide", { a: 1, b: 4 }));

  head("Errors");
  await show("divide 1 / 0", machine.call("divide", { a: 1, b: 0 }));
  // Params are checked by the server, too, for those who have none.
  const params = JSON.parse(`{ "a": "1", "b": null }`);
  await show("divide nonsense", machine.call("divide", params));
  await show("what failed stays there", machine.call("fail", null));

  head("Calls that are given up");
  await show(
    "sleep a minute, for 200 ms at the most",
    machine.call("sleep", 60_000, { timeout: 200 }),
  );
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(new Error("I changed my mind")), 200);
  await show(
    "sleep a minute, and stop it",
    machine.call("sleep", 60_000, { signal: stopping.signal }),
  );

  head("A forged call");
  console.log("a call in the name of another");
  // A payload can claim anything. The hub knows who sent it.
  const victim = me.replaceAll(/[0-9]/g, "0");
  const asked = { call: "1", method: "whoami", params: null };
  spoke.dispatchEvent(createEvent("rpc.called", victim, asked));
  await spoke.flush();
  print("green", "  → nobody gets an answer");
}

function head(text: string): void {
  console.log();
  print("bold", text);
}

async function show(what: string, call: Promise<unknown>): Promise<void> {
  console.log(what);
  try {
    print("green", `  → ${JSON.stringify(await call)}`);
  } catch (error) {
    const code = error instanceof RpcError ? ` ${error.code}` : "";
    print("red", `  ✗${code} ${error}`);
  }
}

function print(style: "bold" | "dim" | "green" | "red", text: string): void {
  console.log(isColored ? styleText(style, text) : text);
}
