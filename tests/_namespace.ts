/**
 * A mount namespace in which `/etc/resolv.conf` names 127.0.0.1.
 *
 * `@rayhanadev/iroh` dials by node id alone and looks the address up in DNS.
 * Its tests and benches serve DNS themselves, on 127.0.0.1:53; a namespace
 * leaves the machine's own resolver alone. Only Linux has those; elsewhere what
 * needs DNS sees no `PUBSUB_TEST_DNS=1` and is skipped.
 */

const deno = Deno.execPath();

/** A way to run commands where DNS is ours. */
export interface DnsNamespace extends AsyncDisposable {
  /** What to put before a command; empty when there is no namespace. */
  readonly prefix: readonly string[];
  /** Why there is none. */
  readonly unavailable: string | undefined;
}

/** Runs a command without showing it; `undefined` when it went well. */
export async function faultOf(
  [command = "", ...args]: string[],
): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(20_000),
    }).output();
    if (success) return undefined;
    const [line = ""] = new TextDecoder().decode(stderr).trim().split("\n");
    return line || `${command} failed`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The command prefix that enters the namespace, or why there is none. */
async function findNamespace(resolvConf: string): Promise<string[] | string> {
  if (Deno.build.os !== "linux") return "only Linux has mount namespaces";
  const mount = 'mount --bind "$1" /etc/resolv.conf && shift && ' +
    'exec env PUBSUB_TEST_DNS=1 "$@"';
  // Port 53 is part of the trial: it may be taken, or be denied to this user.
  const trial = 'const s = (await import("node:dgram")).createSocket("udp4");' +
    's.on("error", (e) => { console.error(e.message); Deno.exit(1); });' +
    's.bind(53, "127.0.0.1", () => s.close());';
  const faults = [];
  for (
    const [flags, enter] of [
      ["-mn", `ip link set lo up && ${mount}`], // as root
      ["-rmn", `ip link set lo up && ${mount}`], // as anybody
      ["-m", mount], // without iproute2
      ["-rm", mount],
    ] as const
  ) {
    const prefix = ["unshare", flags, "sh", "-c", enter, "sh", resolvConf];
    const fault = await faultOf([...prefix, deno, "eval", trial]);
    if (fault === undefined) return prefix;
    faults.push(`unshare ${flags}: ${fault}`);
  }
  return faults.join("; ");
}

/** Looks for a namespace; disposing of it removes its file. */
export async function openDnsNamespace(): Promise<DnsNamespace> {
  const resolvConf = await Deno.makeTempFile({ prefix: "pubsub-resolv-" });
  await Deno.writeTextFile(resolvConf, "nameserver 127.0.0.1\n");
  const found = await findNamespace(resolvConf);
  const isMissing = typeof found === "string";
  return {
    prefix: isMissing ? [] : found,
    unavailable: isMissing ? found : undefined,
    [Symbol.asyncDispose]: () => Deno.remove(resolvConf),
  };
}
