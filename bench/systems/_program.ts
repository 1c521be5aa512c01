// Servers that are programs of others: Debian's packages.

/** Why a program cannot be run here; `undefined` when it can. */
export async function programFault(name: string): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : `${name} --version fails`;
  } catch {
    return `${name} is not installed`;
  }
}

/**
 * Runs a server in a directory of its own until it is disposed of.
 *
 * @param ready What it prints once it can be connected to.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  config: string,
  ready: RegExp,
): Promise<AsyncDisposable & { readonly port: number; readonly pid: number }> {
  const directory = await Deno.makeTempDir({ prefix: "pubsub-bench-" });
  const port = freePort();
  const configPath = `${directory}/server.conf`;
  await Deno.writeTextFile(configPath, config.replace("PORT", String(port)));
  const child = new Deno.Command(name, {
    args: [...args, configPath],
    cwd: directory,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const isReady = Promise.withResolvers<void>();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-4000);
      if (ready.test(said)) isReady.resolve();
    }
  };
  const ended = Promise.all([
    listen(child.stdout),
    listen(child.stderr),
    child.status,
  ]).then(() => isReady.reject(new Error(`${name} has ended: ${said}`)));
  const dispose = async () => {
    try {
      child.kill();
    } catch {
      // It has ended already.
    }
    await ended;
    await Deno.remove(directory, { recursive: true });
  };
  try {
    await isReady.promise;
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, pid: child.pid, [Symbol.asyncDispose]: dispose };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
