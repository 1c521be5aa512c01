// A measured process, as its test sees it.

import { inDeno, LineProcess } from "../_line_process.ts";

/** A process that answers commands, see `_metered.ts`. */
export class Metered extends LineProcess {
  /** @typeParam THello What it says first. */
  static async start<THello>(
    script: string,
    ...args: string[]
  ): Promise<Metered & { readonly hello: THello }> {
    const process = new Metered(
      new URL(script, import.meta.url),
      args,
      inDeno("--v8-flags=--expose-gc"),
    );
    const { hello } = await process.saying("hello");
    return Object.assign(process, { hello: hello as THello });
  }
}
