/**
 * The runner behind `deno task bench`, `bench:peers`, `fuzz` and `soak`: runs
 * `deno` with the given arguments where `@rayhanadev/iroh` finds its peers in a
 * DNS of ours. Without such a place they run all the same, and skip that binding.
 */

import { openDnsNamespace } from "../tests/_namespace.ts";

const namespace = await openDnsNamespace();
if (namespace.unavailable !== undefined) {
  console.log(
    `@rayhanadev/iroh will not connect: no private DNS (${namespace.unavailable})`,
  );
}
// Ctrl-C reaches the child as well: it says what it has so far, and ends.
Deno.addSignalListener("SIGINT", () => {});
const deno = Deno.execPath();
const [command = deno, ...args] = [...namespace.prefix, deno, ...Deno.args];
const { code } = await new Deno.Command(command, {
  args,
  cwd: new URL("../", import.meta.url),
}).spawn().status;
await namespace[Symbol.asyncDispose]();
Deno.exit(code);
