// What a command says until it ends.

/** How a process ended. */
export interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command until it ends by itself. */
export async function outputOf(
  [command = "", ...args]: readonly string[],
  options: Pick<Deno.CommandOptions, "env" | "signal"> = {},
): Promise<End> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
