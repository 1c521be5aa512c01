// The transports that have hubs, behind one fixture: both iroh bindings, and
// WebSocket.

import { Buffer } from "node:buffer";
import type { SpokeEventTarget, SpokeOptions } from "../../websocket_client.ts";
import type { HubEventTarget, HubOptions } from "../../websocket_server.ts";
import { type Binding, bindings } from "../_iroh.ts";
import { frameOf as irohFrameOf } from "../_raw_peer.ts";
import { Setting } from "../_setting.ts";
import { denoServer, WebSocketSetting } from "../_websocket.ts";
import { frameOf as webSocketFrameOf, Opcode } from "../_websocket_peer.ts";

const encoder = new TextEncoder();

/** Where a hub is, so that the next one can take its place. */
export interface Place {
  /** In hex; WebSocket has none. */
  secretKey?: string;
  /** `@rayhanadev/iroh` cannot choose one and ignores it. */
  port?: number;
}

/** A hub, and where it is dialled. */
export type FaultHub = HubEventTarget & {
  readonly address: string;
  readonly port: number;
};

/** A spoke, and the id that the hub knows for it. */
export type FaultSpoke = SpokeEventTarget & { readonly id: string };

/** A peer that writes bytes by itself. */
export interface RawPeer {
  /** Subscribes, and waits until the hub has it. */
  subscribe(topic: string): Promise<void>;
  /** The bytes of one message. */
  frameOf(text: string): Uint8Array;
  write(bytes: Uint8Array): Promise<void>;
}

/** Ends of one transport in this process, closed when disposed of. */
export interface Ends extends AsyncDisposable {
  hub(options?: HubOptions & Place): Promise<FaultHub>;
  spoke(address: string, options?: SpokeOptions): Promise<FaultSpoke>;
  rawPeer(address: string): Promise<RawPeer>;
}

/** One way to connect. */
export interface Transport {
  readonly name: string;
  /** Why it cannot run here; `undefined` when it can. */
  readonly unavailable: string | undefined;
  /** Whether the kernel tells of a peer that was killed: TCP does. */
  readonly tellsOfDeath: boolean;
  /** Whether a hub can come back where it was. */
  readonly keepsPort: boolean;
  ends(): Ends;
}

function iroh(binding: Binding): Transport {
  return {
    name: binding.name,
    unavailable: binding.unavailable,
    tellsOfDeath: false,
    keepsPort: binding.name === "@number0/iroh",
    ends() {
      const setting = new Setting(binding);
      return {
        async hub({ secretKey, port, ...options } = {}) {
          const on = await setting.endpoint({
            secretKey: secretKey === undefined
              ? undefined
              : Uint8Array.from(Buffer.from(secretKey, "hex")),
            port,
          });
          const hub = await setting.hub({ on, ...options });
          return Object.assign(hub, { address: on.address, port: on.port });
        },
        async spoke(address, options) {
          const on = await setting.endpoint();
          const spoke = await setting.spoke({ address }, { on, ...options });
          return Object.assign(spoke, { id: on.nodeId });
        },
        async rawPeer(address) {
          const peer = await setting.rawPeer({ address });
          return {
            async subscribe(topic) {
              await peer.send(subscription(topic));
              await peer.flush();
            },
            frameOf: (text) => irohFrameOf(encoder.encode(text)),
            write: (bytes) => peer.write(bytes),
          };
        },
        [Symbol.asyncDispose]: () => setting[Symbol.asyncDispose](),
      };
    },
  };
}

const webSocket: Transport = {
  name: "WebSocket",
  unavailable: undefined,
  tellsOfDeath: true,
  keepsPort: true,
  ends() {
    const setting = new WebSocketSetting(denoServer);
    return {
      async hub({ secretKey: _none, ...options } = {}) {
        const hub = await setting.hub(options);
        return Object.assign(hub, {
          address: hub.url,
          port: Number(new URL(hub.url).port),
        });
      },
      async spoke(address, options) {
        const id = crypto.randomUUID();
        const spoke = await setting.client(`${address}/${id}`, options);
        return Object.assign(spoke, { id });
      },
      async rawPeer(address) {
        const peer = await setting.rawPeer(address);
        return {
          subscribe: (topic) => peer.subscribe(topic),
          frameOf: (text) =>
            webSocketFrameOf(Opcode.TEXT, encoder.encode(text), true, true),
          write: (bytes) => peer.write(bytes),
        };
      },
      [Symbol.asyncDispose]: () => setting[Symbol.asyncDispose](),
    };
  },
};

const subscription = (topic: string) =>
  JSON.stringify({ type: "__subscribe", id: "", payload: { topic } });

export const transports: readonly Transport[] = [
  ...bindings.map(iroh),
  webSocket,
];

/** For the processes of a test, which know their transport by its name. */
export function transportNamed(name: string): Transport {
  return transports.find((one) => one.name === name)!;
}
