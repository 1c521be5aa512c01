// `hubNodeId` as a function: a spoke that goes from one hub to another.

import assert from "node:assert/strict";
import { ConnectError, createEvent } from "../mod.ts";
import type { IrohHubAddress, SpokeStatus } from "../iroh_spoke.ts";
import { testOnBindings } from "./_setting.ts";
import { envelopesOn, Log } from "./_waiting.ts";

const reconnect = { minDelay: 1, maxDelay: 100 };

testOnBindings(
  "hubNodeId names another hub for each attempt",
  async (setting) => {
    const hubs = [await setting.hub(), await setting.hub()];
    const addresses = hubs.map(({ on }) => on.address);
    let asked = 0;
    const statuses = new Log<SpokeStatus>();
    const spoke = await setting.spoke({
      address: () => Promise.resolve(addresses[asked++ % 2]!),
    }, { reconnect, onStatus: statuses.add });
    assert.equal(spoke.remoteNodeId, hubs[0]!.on.nodeId);
    const heard = envelopesOn(spoke, "news");
    await hubs[0]!.close();
    await statuses.find(({ type }) => type === "reconnecting");
    await spoke.flush();
    assert.equal(spoke.remoteNodeId, hubs[1]!.on.nodeId);
    assert.deepEqual([...hubs[1]!.connections][0]!.topics, new Set(["news"]));
    hubs[1]!.dispatchEvent(createEvent("news", "", "from the other"));
    await heard.count(1);
    assert.equal(asked, 2);
  },
);

testOnBindings(
  "hubNodeId that throws or names nothing is an attempt in vain",
  async (setting) => {
    const hub = await setting.hub();
    const answers: (() => IrohHubAddress)[] = [
      () => {
        throw new Error("no hub is known");
      },
      () => "no address",
      () => hub.on.address,
    ];
    const statuses = new Log<SpokeStatus>();
    const spoke = await setting.spoke({ address: () => answers.shift()!() }, {
      reconnect,
      waitOnFirstConnect: true,
      onStatus: statuses.add,
    });
    const messages = statuses.all.flatMap((status) =>
      status.type === "reconnecting" ? [status.error.message] : []
    );
    assert.equal(messages.length, 2);
    assert.match(messages[0]!, /^Cannot connect to hub .*: no hub is known$/);
    assert.match(messages[1]!, /^Cannot connect to hub .*no address/);
    await spoke.close();

    await assert.rejects(
      setting.spoke({
        address: () => {
          throw new Error("no hub is known");
        },
      }),
      ConnectError,
    );
  },
);

testOnBindings(
  "what one hub speaks says nothing of another",
  async (setting) => {
    const alpns = ["alkpubsub/1", "alkpubsub/1+deflate"];
    const compression = "deflate";
    const plain = await setting.hub();
    const both = await setting.hub({
      on: await setting.endpoint({ alpns }),
      compression,
    });
    let address = plain.on.address;
    const statuses = new Log<SpokeStatus>();
    const spoke = await setting.spoke({ address: () => address }, {
      compression,
      reconnect,
      onStatus: statuses.add,
    });
    assert.equal(spoke.alpn, alpns[0]);
    address = both.on.address;
    await plain.close();
    await statuses.find(({ type }) => type === "reconnecting");
    await spoke.flush();
    assert.equal(spoke.remoteNodeId, both.on.nodeId);
    assert.equal(spoke.alpn, alpns[1]);
    const attempts = statuses.all.filter(({ type }) => type === "reconnecting");
    assert.equal(attempts.length, 1, "at the first attempt");
  },
);
