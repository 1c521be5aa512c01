// Calls over events: a request with a number of its own, a reply to who asked.

import { createEvent, type EventsOf, type InputOf } from "@alkdev/pubsub";
import type { OutputOf, PayloadSchema, TypedEventTarget } from "@alkdev/pubsub";
import type { HubOptions } from "@alkdev/pubsub/event-target-iroh-hub";

type Asked = { call: string; method: string; params: unknown };
type Answer = { result?: unknown; error?: { code: string; message: string } };
type Target = TypedEventTarget<RpcEvent>;
/** The id of each is the caller's: it asks, and `direct` answers it. */
export type RpcEvent = EventsOf<{
  "rpc.called": Asked;
  "rpc.cancelled": { call: string };
  "direct": Answer & { call: string };
}>;

/** Who calls, as the hub knows it, and whether it still waits. */
export type Caller = { readonly id: string; readonly signal: AbortSignal };
type Run<TParams, TResult> = (params: TParams, caller: Caller) => TResult;
type Method = { params: PayloadSchema; run: Run<never, unknown> };
/** Methods by name. A client needs the type of it alone. */
export type Api = Readonly<Record<string, Method>>;

/** A method, and the schema by which its params are checked before it runs. */
export function method<TSchema extends PayloadSchema, TResult>(
  params: TSchema,
  run: Run<OutputOf<TSchema>, TResult>,
): { params: TSchema; run: Run<OutputOf<TSchema>, TResult> } {
  return { params, run };
}

/** An error that is told to the caller; what else is thrown is not. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Peers call in their own names; the hub answers, or the peer with this id. */
export function rpcPolicy(serverId?: string): HubOptions {
  return {
    relay: serverId !== undefined,
    authorizeSubscribe: ({ connection, topic }) =>
      topic.startsWith("direct:") || connection.id === serverId,
    authorizePublish: ({ connection, envelope: { type, id } }) =>
      connection.id === (type === "direct" ? serverId : id),
  };
}

/** Answers calls, at most 16 of one caller at a time. */
export function serveRpc(target: Target, api: Api) {
  const callers = new Map<string, Map<string, AbortController>>();
  const answers = new Set<Promise<unknown>>();
  target.addEventListener("rpc.called", ({ detail: { id, payload } }) => {
    const answer: Promise<unknown> = take(id, payload).catch(console.error)
      .then(() => answers.delete(answer));
    answers.add(answer);
  });
  target.addEventListener("rpc.cancelled", ({ detail: { id, payload } }) => {
    callers.get(id)?.get(payload?.call)?.abort();
  });
  return {
    /** Stops what a peer waits for, who has gone. */
    forget: (id: string) => callers.get(id)?.forEach((call) => call.abort()),
    idle: () => Promise.all(answers), // Once all that is asked is answered.
  };

  async function take(id: string, asked: Asked) {
    const call = asked?.call; // Types are no promise of a peer's.
    const calls = callers.get(id) ?? new Map<string, AbortController>();
    if (typeof call !== "string" || calls.has(call)) return;
    const stopping = new AbortController();
    callers.set(id, calls.set(call, stopping));
    const { signal } = stopping;
    const send = (answer: Answer) =>
      target.dispatchEvent(createEvent("direct", id, { call, ...answer }));
    try {
      if (calls.size > 16) throw new RpcError("busy", "Too many calls at once");
      send({ result: await run(asked, { id, signal }) });
    } catch (error) {
      if (!signal.aborted) send({ error: faultOf(error) });
    } finally {
      calls.delete(call);
      if (calls.size === 0) callers.delete(id);
    }
  }

  async function run({ method, params }: Asked, caller: Caller) {
    // `constructor`, too, is a name that a peer can send.
    const known = Object.hasOwn(api, method) ? api[method] : undefined;
    if (!known) throw new RpcError("unknown_method", "There is no such method");
    const checked = await known.params["~standard"].validate(params);
    if (!checked.issues) return await known.run(checked.value as never, caller);
    throw new RpcError("invalid_params", checked.issues[0]!.message);
  }
}

/** What a caller is told; errors of other kinds may hold what is secret. */
function faultOf(e: unknown): Answer["error"] {
  if (e instanceof RpcError) return { code: e.code, message: e.message };
  console.error(e);
  return { code: "internal", message: "The server could not do it" };
}

const LOST = { code: "lost", message: "The connection was lost" };

/** Calls a server in one's own name: `me`, as the hub knows it. */
export function createRpcClient<TApi extends Api>(target: Target, me: string) {
  const calls = new Map<string, (answer: Answer) => void>();
  target.addEventListener(`direct:${me}`, ({ detail: { payload } }) => {
    calls.get(payload.call)?.(payload); // Else nobody waits any more.
  });
  return {
    /** The connection is: what is under way may have been done, or not. */
    lost: () => calls.forEach((settle) => settle({ error: LOST })),
    async call<TName extends keyof TApi & string>(
      method: TName,
      params: InputOf<TApi[TName]["params"]>,
      options: { timeout?: number; signal?: AbortSignal } = {},
    ): Promise<Awaited<ReturnType<TApi[TName]["run"]>>> {
      const { timeout = 10_000, signal } = options;
      signal?.throwIfAborted();
      const call = crypto.randomUUID();
      const late = new RpcError("timeout", `No answer within ${timeout} ms`);
      const over = new AbortController();
      const answer = new Promise<Answer>((resolve, reject) => {
        calls.set(call, resolve);
        const timer = setTimeout(reject, timeout, late);
        over.signal.addEventListener("abort", () => clearTimeout(timer));
        signal?.addEventListener("abort", () => reject(signal.reason), over);
      });
      try {
        const asked = { call, method, params };
        target.dispatchEvent(createEvent("rpc.called", me, asked));
        const { result, error } = await answer.catch((why) => {
          target.dispatchEvent(createEvent("rpc.cancelled", me, { call }));
          throw why;
        });
        if (error) throw new RpcError(error.code, error.message);
        return result as never;
      } finally {
        over.abort();
        calls.delete(call);
      }
    },
  };
}
