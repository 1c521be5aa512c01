/**
 * Both iroh bindings on the loopback interface, behind one fixture.
 *
 * `@number0/iroh` dials an address, so a ticket that names 127.0.0.1 is enough.
 * `@rayhanadev/iroh` dials a node id and looks its address up in DNS: the
 * fixture answers on UDP 127.0.0.1:53, and the test runner gives the process an
 * `/etc/resolv.conf` that points there (`PUBSUB_TEST_DNS=1` says so). The first
 * process or worker that loads this module answers; the others, children
 * included, send it what they announce.
 */
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { within } from "../_deferred.ts";
import { DNS_PORT } from "./_dns_port.ts";
import type * as Number0 from "@number0/iroh";

export type BindingName = "@number0/iroh" | "@rayhanadev/iroh";

/** An endpoint of the binding that the test was given, ready to hand to the library. */
export type RawEndpoint = Number0Endpoint | RayhanadevEndpoint;
export type Number0Endpoint = Number0.Endpoint;

/** What `@rayhanadev/iroh` 0.1.1 exports; its platform package ships no types. */
export interface RayhanadevEndpoint {
  nodeId(): string;
  addr(): string;
  accept(): Promise<RayhanadevConnection | null>;
  connect(nodeId: string, alpn: string): Promise<RayhanadevConnection>;
  close(): Promise<void>;
}
export interface RayhanadevConnection {
  remoteNodeId(): string;
  alpn(): Buffer;
  openBi(): Promise<RayhanadevBiStream>;
  acceptBi(): Promise<RayhanadevBiStream>;
  closed(): Promise<string>;
  close(code?: number, reason?: string): void;
}
export interface RayhanadevBiStream {
  readonly send: RayhanadevSendStream;
  readonly recv: RayhanadevRecvStream;
}
export interface RayhanadevSendStream {
  writeAll(data: Uint8Array): Promise<void>;
  finish(): Promise<void>;
}
export interface RayhanadevRecvStream {
  read(sizeLimit: number): Promise<Buffer | null>;
  readExact(size: number): Promise<Buffer>;
  stop(code: number): Promise<void>;
}
interface RayhanadevModule {
  Endpoint: {
    createWithOptions(
      options: { alpns?: string[]; secretKey?: string },
    ): Promise<RayhanadevEndpoint>;
  };
}

export interface TestEndpointOptions {
  /** @default {["alkpubsub/1"]} */
  alpns?: string[];
  /** 32 bytes; a new identity when left out. */
  secretKey?: Uint8Array;
  /** Port to bind; `@rayhanadev/iroh` cannot choose one and ignores it. */
  port?: number;
  /**
   * IPv4 address to bind; `@rayhanadev/iroh` binds all and ignores it.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string;
}

export interface TestEndpoint<TEndpoint extends RawEndpoint = RawEndpoint>
  extends AsyncDisposable {
  readonly endpoint: TEndpoint;
  /** 64 hexadecimal digits. */
  readonly nodeId: string;
  /** What a spoke on the same binding passes as `hubNodeId`: a ticket, or the node id. */
  readonly address: string;
  /** UDP port over IPv4. */
  readonly port: number;
  close(): Promise<void>;
}

export interface Binding<TEndpoint extends RawEndpoint = RawEndpoint> {
  readonly name: BindingName;
  /** Why the binding cannot run here; `undefined` when it can. */
  readonly unavailable: string | undefined;
  createEndpoint(
    options?: TestEndpointOptions,
  ): Promise<TestEndpoint<TEndpoint>>;
}

const DEFAULT_ALPNS = ["alkpubsub/1"];
const require = createRequire(import.meta.url);

function load<T>(...names: string[]): T | Error {
  let failure: Error | undefined;
  for (const name of names) {
    try {
      return require(name) as T;
    } catch (error) {
      failure ??= error as Error;
    }
  }
  return failure!;
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split("\n")[0]!;
}

function testEndpoint<T extends RawEndpoint>(
  endpoint: T,
  rest: { nodeId: string; address: string; port: number },
): TestEndpoint<T> {
  const close = () => Promise.resolve(endpoint.close());
  return { endpoint, ...rest, close, [Symbol.asyncDispose]: close };
}

let isNameServer = false;

/** Starts the name server unless another process has it; gives why it cannot. */
async function serveDns(): Promise<string | undefined> {
  const worker = new Worker(new URL("./_dns_worker.ts", import.meta.url));
  worker.unref();
  const fault = await new Promise<
    { code?: string; message: string } | undefined
  >(
    (resolve) => worker.once("message", resolve),
  );
  isNameServer = fault === undefined;
  if (fault === undefined) return undefined;
  await worker.terminate();
  return fault.code === "EADDRINUSE"
    ? undefined
    : `no DNS on 127.0.0.1:${DNS_PORT}: ${fault.message}`;
}

/**
 * Tells the DNS fixture where a node listens. Endpoints from `createEndpoint`
 * are announced already, those of child processes that load this module too.
 */
export async function announce(
  nodeId: string,
  port: number,
  address = "127.0.0.1",
): Promise<void> {
  if (rayhanadev.unavailable !== undefined) return;
  const message = `announce ${nodeId} ${address}:${port}`;
  for (let attempt = 0; attempt < ANNOUNCE_ATTEMPTS; attempt++) {
    // Whoever answered when this module was loaded may be gone by now, or go
    // before it answers.
    if (!isNameServer) await serveDns();
    if (await isAnswered(message)) return;
  }
  throw new Error(`Cannot announce ${nodeId}: nobody answers`);
}

/** UDP may lose a message, or its answer: both are sent again. */
const ANNOUNCE_ATTEMPTS = 40;
const ANSWER_TIMEOUT = 500;

async function isAnswered(message: string): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    const answer = new Promise<boolean>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("message", () => resolve(true));
      socket.send(message, DNS_PORT, "127.0.0.1");
    });
    return await within(answer, ANSWER_TIMEOUT, () => false);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

function number0Binding(): Binding<Number0Endpoint> {
  const module = load<typeof Number0>("@number0/iroh/index.js");
  return {
    name: "@number0/iroh",
    unavailable: module instanceof Error
      ? `cannot load it: ${firstLine(module)}`
      : undefined,
    async createEndpoint(
      {
        alpns = DEFAULT_ALPNS,
        secretKey,
        port = 0,
        hostname = "127.0.0.1",
      } = {},
    ) {
      if (module instanceof Error) throw module;
      const builder = module.Endpoint.builder();
      module.presetMinimal(builder);
      builder.relayMode(module.RelayMode.disabled());
      builder.alpns(alpns.map((alpn) => [...new TextEncoder().encode(alpn)]));
      builder.bindAddr(`${hostname}:${port}`);
      if (secretKey) builder.secretKey([...secretKey]);
      const endpoint = await builder.bind();
      const bound = endpoint.boundSockets()
        .find((socket) => socket.startsWith(`${hostname}:`))!;
      return testEndpoint(endpoint, {
        nodeId: endpoint.id().toString(),
        address: module.EndpointTicket.fromAddr(endpoint.addr()).toString(),
        port: Number(bound.split(":").at(-1)),
      });
    },
  };
}

async function rayhanadevBinding(): Promise<Binding<RayhanadevEndpoint>> {
  const module = load<RayhanadevModule>(
    "@rayhanadev/iroh",
    "@rayhanadev/iroh-linux-x64-gnu",
  );
  let unavailable: string | undefined;
  if (module instanceof Error) {
    unavailable = `cannot load it: ${firstLine(module)}`;
  } else if (process.env.PUBSUB_TEST_DNS !== "1") {
    unavailable =
      "it finds peers in DNS, and PUBSUB_TEST_DNS=1 does not say that ours is in use";
  } else unavailable = await serveDns();
  return {
    name: "@rayhanadev/iroh",
    unavailable,
    async createEndpoint({ alpns = DEFAULT_ALPNS, secretKey } = {}) {
      if (module instanceof Error) throw module;
      const endpoint = await module.Endpoint.createWithOptions({
        alpns,
        secretKey: secretKey && Buffer.from(secretKey).toString("hex"),
      });
      const nodeId = endpoint.nodeId();
      const port = Number(/Ip\([^)]*:(\d+)\)/.exec(endpoint.addr())?.[1]);
      if (!port) {
        throw new Error(
          `Cannot find the port of an endpoint: ${endpoint.addr()}`,
        );
      }
      await announce(nodeId, port);
      return testEndpoint(endpoint, { nodeId, address: nodeId, port });
    },
  };
}

export const number0: Binding<Number0Endpoint> = number0Binding();
export const rayhanadev: Binding<RayhanadevEndpoint> =
  await rayhanadevBinding();

export const bindings: readonly Binding[] = [number0, rayhanadev];

for (const { name, unavailable } of bindings) {
  if (unavailable !== undefined) {
    console.warn(`Skipping the tests on ${name}: ${unavailable}`);
  }
}
