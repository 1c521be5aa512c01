// Every property there is.

import { bytes, bytesAllocation, bytesStreams } from "./bytes.ts";
import { counting } from "./counting.ts";
import { countingConnections } from "./counting_connections.ts";
import { deflate, deflateHostile } from "./deflate.ts";
import {
  envelopeBytes,
  envelopeTexts,
  envelopeValues,
  topics,
} from "./envelopes.ts";
import { framing, framingEnvelopes, framingStreams } from "./framing.ts";
import { hubMessages } from "./hub.ts";
import { hubIroh } from "./hub_iroh.ts";
import { hubWebSocket } from "./hub_websocket.ts";
import { origins, originTexts } from "./origins.ts";
import { outgoing } from "./outgoing.ts";
import type { Property } from "./_property.ts";
import { recentOrigins } from "./recent_origins.ts";
import { subjects } from "./subjects.ts";
import { subscriptions } from "./subscriptions.ts";

export const properties: readonly Property[] = [
  framing,
  framingStreams,
  framingEnvelopes,
  deflate,
  deflateHostile,
  bytes,
  bytesAllocation,
  bytesStreams,
  envelopeTexts,
  envelopeBytes,
  envelopeValues,
  topics,
  subjects,
  origins,
  originTexts,
  recentOrigins,
  subscriptions,
  outgoing,
  hubMessages,
  ...hubWebSocket,
  ...hubIroh,
  counting,
  ...countingConnections,
];
