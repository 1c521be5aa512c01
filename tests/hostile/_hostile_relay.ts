// Strange events through a hub that relays, to subscribers in every runtime.

import assert from "node:assert/strict";
import { topicOf } from "../../mod.ts";
import type { HubEventTarget, HubOptions } from "../../iroh_hub.ts";
import type { SpokeEventTarget } from "../../iroh_spoke.ts";
import type { Script } from "../_runtimes.ts";
import { Log } from "../_waiting.ts";
import type { HostilePeer } from "./_hostile_types.ts";
import { watch } from "./_hostile_views.ts";
import { payloadRows, views } from "./_rows_payloads.ts";

/** What there is to relay with. */
export interface RelaySetting {
  hub(options: HubOptions): Promise<HubEventTarget>;
  subscriber(): Promise<SpokeEventTarget>;
  hostile(): Promise<HostilePeer>;
  /** Subscribers in processes of their own, which are about to be ready. */
  scripts(): readonly Script[];
}

/** The hub, its hook and every subscriber see the same of each row. */
export async function relayStrangeEvents(setting: RelaySetting): Promise<void> {
  const judged: string[] = [];
  const faults: unknown[] = [];
  const hub = await setting.hub({
    relay: true,
    backpressureLimit: 8 * 1024 * 1024,
    onError: (fault) => faults.push(fault),
    authorizePublish({ envelope }) {
      judged.push(topicOf(envelope));
      return true;
    },
  });
  const atHub: string[] = [];
  watch(hub, (view) => atHub.push(view));
  const subscriber = await setting.subscriber();
  const heard = new Log<string>();
  watch(subscriber, heard.add);
  subscriber.addEventListener("end", () => heard.add("end"));
  await subscriber.flush();
  const scripts = setting.scripts();
  await Promise.all(scripts.map((one) => one.line((line) => line === "ready")));

  const peer = await setting.hostile();
  for (const { text } of payloadRows) await peer.text(text);
  await peer.text('{"type":"end","id":"","payload":null}');
  await peer.flush();
  await heard.find((view) => view === "end");
  peer.destroy(); // The hub would wait for its answers when it closes.
  assert.deepEqual(atHub, views);
  assert.deepEqual(heard.all, [...views, "end"]);
  assert.deepEqual(judged, [
    ...payloadRows.map(({ text }) => topicOf(JSON.parse(text))),
    "end",
  ]);
  assert.deepEqual(faults, []);
  for (const { stdout, stderr } of await Promise.all(scripts.map(ended))) {
    const lines = stdout.trim().split("\n");
    assert.equal(lines[0], "ready", stderr);
    assert.deepEqual(lines.slice(1).map((line) => JSON.parse(line)), views);
  }
}

const ended = (script: Script) => script.end();
