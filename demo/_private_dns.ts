// @rayhanadev/iroh dials by public key alone and asks DNS for the address. With
// no internet the demo answers itself, in a namespace that leaves the machine's
// own resolver alone, as the tests do.

import { openDnsNamespace } from "../tests/_namespace.ts";

/** Whether this process runs there. */
export function hasPrivateDns(): boolean {
  return Deno.env.get("PUBSUB_TEST_DNS") === "1";
}

/**
 * Runs a Deno module where our DNS answers.
 *
 * @returns Its exit status, or in words why this machine does not allow it.
 */
export async function runWithPrivateDns(
  module: string,
  args: readonly string[],
): Promise<number | string> {
  await using namespace = await openDnsNamespace();
  if (namespace.unavailable !== undefined) return namespace.unavailable;
  const run = ["run", "-A", "--quiet", module, ...args];
  const [command = "", ...rest] = [...namespace.prefix, Deno.execPath()];
  const child = new Deno.Command(command, { args: [...rest, ...run] }).spawn();
  // Signals are for that process to obey; this one stays for its status.
  const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
  const passOn = signals.map((signal) => () => {
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
  });
  signals.forEach((name, i) => Deno.addSignalListener(name, passOn[i]!));
  const { code } = await child.status;
  signals.forEach((name, i) => Deno.removeSignalListener(name, passOn[i]!));
  return code;
}
