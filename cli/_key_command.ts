// `key`: the node id of a secret key, which it makes when there is none.

import type { Context } from "./_context.ts";
import { ExitCode } from "./_failure.ts";
import { bindEndpoint } from "./_iroh_endpoint.ts";
import { readSecretKey } from "./_secret_key.ts";

/** Prints a node id. */
export async function run({ args, output }: Context): Promise<number> {
  const secretKey = await readSecretKey(args.positionals[0]!);
  const { nodeId, close } = await bindEndpoint({
    reach: "machine",
    secretKey,
    purpose: "tell the node id",
  });
  await close();
  output.line(nodeId);
  return ExitCode.OK;
}
