// Two network namespaces, joined by a virtual cable that can be cut.
//
// Nothing outside of them is touched: the cable is made inside the first one,
// and all of it goes when the processes that hold the namespaces end.

import { outputOf } from "../_output.ts";

/** Where a side stands before anything moves; the last byte tells them apart. */
const FIRST_ADDRESS = { hub: "10.73.0.1", spoke: "10.73.0.2" } as const;

/** A hardware address that nobody has: what is sent there is dropped unseen. */
const NOBODY = "02:00:00:00:00:ff";

/** One end of the cable; its device has the same name. */
export type Side = keyof typeof FIRST_ADDRESS;

/**
 * How the cable is cut: `"link"` takes the spoke's end down, which the spoke's
 * kernel sees at once; after `"silence"` packets vanish and nobody is told.
 */
export type Cut = "link" | "silence";

/** Runs a command to its end and gives its output. */
async function run(command: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(20_000);
  const { code, stdout, stderr } = await outputOf(command, { signal });
  if (code === 0) return stdout;
  throw new Error(`${command.join(" ")}: ${stderr.trim()}`);
}

/** A process that keeps a network namespace alive. */
class Namespace implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<Namespace> {
    // `cat` ends with its input, thus with this process, however that ends.
    const holder = new Deno.Command("unshare", {
      args: ["-n", "sh", "-c", "echo ready && exec cat"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    reader.releaseLock();
    const namespace = new Namespace(holder);
    if (!done) return namespace;
    const why = await new Response(holder.stderr).text();
    await holder.stdin.close();
    await holder.stdout.cancel();
    await holder.status;
    throw new Error(why.trim());
  }

  get pid(): string {
    return String(this.#holder.pid);
  }

  /** What to put before a command that is to run inside. */
  get prefix(): string[] {
    return ["nsenter", "-t", this.pid, "-n"];
  }

  ip(...args: string[]): Promise<string> {
    return run([...this.prefix, "ip", ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdin, stdout, stderr, status } = this.#holder;
    await stdin.close();
    await Promise.all([stdout.cancel(), stderr.cancel(), status]);
  }
}

/** A hub's namespace and a spoke's, and the cable between them. */
export class Net implements AsyncDisposable {
  readonly #sides: Readonly<Record<Side, Namespace>>;
  readonly #addresses: Record<Side, string> = { ...FIRST_ADDRESS };
  #cut: Cut | undefined;

  private constructor(hub: Namespace, spoke: Namespace) {
    this.#sides = { hub, spoke };
  }

  static async open(): Promise<Net> {
    await using opened = new AsyncDisposableStack();
    const hub = opened.use(await Namespace.open());
    const spoke = opened.use(await Namespace.open());
    const net = new Net(hub, spoke);
    await net.#lay();
    opened.move(); // It is the caller's from here on.
    return net;
  }

  async #lay(): Promise<void> {
    const { hub, spoke } = this.#sides;
    const ends = ["hub", "type", "veth", "peer", "name", "spoke"];
    await hub.ip("link", "add", ...ends, "netns", spoke.pid);
    for (const side of ["hub", "spoke"] as const) {
      const { [side]: namespace } = this.#sides;
      await namespace.ip("link", "set", "lo", "up");
      // No IPv6: it would be a second way around what is cut.
      await namespace.ip("link", "set", side, "addrgenmode", "none");
      await this.#addAddress(side, FIRST_ADDRESS[side]);
      await namespace.ip("link", "set", side, "up");
    }
  }

  address(side: Side): string {
    return this.#addresses[side];
  }

  /** What to put before a command that is to run at one side. */
  prefix(side: Side): readonly string[] {
    return this.#sides[side].prefix;
  }

  /** Stops what goes either way. */
  async cut(how: Cut): Promise<void> {
    this.#cut = how;
    if (how === "link") {
      await this.#sides.spoke.ip("link", "set", "spoke", "down");
      return;
    }
    await this.#misdirect("hub", this.#addresses.spoke);
    await this.#misdirect("spoke", this.#addresses.hub);
  }

  async restore(): Promise<void> {
    const { hub, spoke } = this.#sides;
    if (this.#cut === "link") {
      await spoke.ip("link", "set", "spoke", "up");
    } else if (this.#cut === "silence") {
      await hub.ip("neigh", "del", this.#addresses.spoke, "dev", "hub");
      await spoke.ip("neigh", "del", this.#addresses.hub, "dev", "spoke");
    }
    this.#cut = undefined;
  }

  /** Gives a side another address; nothing answers at the old one any more. */
  async move(side: Side, address: string): Promise<void> {
    const old = this.#addresses[side];
    this.#addresses[side] = address;
    // First: an address that came second would go with the first.
    await this.#sides[side].ip("addr", "del", `${old}/24`, "dev", side);
    await this.#addAddress(side, address);
  }

  /**
   * How often a side's kernel could not bring something across, or sent it
   * again: TCP's timeouts, and packets for which it found no route.
   */
  async failures(side: Side): Promise<number> {
    const text = await run([
      ...this.prefix(side),
      "cat",
      "/proc/net/snmp",
      "/proc/net/netstat",
    ]);
    return counter(text, "Ip", "OutNoRoutes") +
      counter(text, "TcpExt", "TCPTimeouts");
  }

  /** Packets that a side has put on the cable. */
  async packetsSent(side: Side): Promise<number> {
    const text = await this.#sides[side].ip("-j", "-s", "link", "show", side);
    const [device] = JSON.parse(text);
    return device.stats64.tx.packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { hub, spoke } = this.#sides;
    await Promise.all([hub, spoke].map((it) => it[Symbol.asyncDispose]()));
  }

  async #addAddress(side: Side, address: string): Promise<void> {
    await this.#sides[side].ip("addr", "add", `${address}/24`, "dev", side);
  }

  async #misdirect(side: Side, to: string): Promise<void> {
    const nowhere = ["lladdr", NOBODY, "nud", "permanent"];
    await this.#sides[side].ip("neigh", "replace", to, "dev", side, ...nowhere);
  }
}

/** A counter of `/proc/net/snmp`: a line of names, then a line of values. */
function counter(text: string, group: string, name: string): number {
  const [names = [], values = []] = text.split("\n")
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf(name)] ?? 0);
}

/** Why there can be no such network here; `undefined` when there can. */
export async function netFault(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has network namespaces";
  try {
    await using net = await Net.open();
    await net.cut("silence");
    await net.restore();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
