// What keeps a connection from subscribing to a topic, whatever the application
// says.

import type { HubConnection } from "./_hub_options.ts";
import { isLongerThan } from "./_utf8_length.ts";
import { isControlType, parseTopic } from "./envelope.ts";

/** Why it may not. */
export interface TopicFault {
  /** It passed a limit, and is closed: else only the subscription is dropped. */
  readonly isOverLimit: boolean;
  readonly why: string;
}

/** @returns `undefined` when nothing does. */
export function topicFault(
  { id, topics }: HubConnection,
  topic: string,
  limits: {
    readonly maxTopicsPerConnection: number;
    readonly maxTopicLength: number;
  },
): TopicFault | undefined {
  const { maxTopicsPerConnection, maxTopicLength } = limits;
  if (isLongerThan(topic, maxTopicLength)) {
    return {
      isOverLimit: true,
      why: `a topic is over ${maxTopicLength} bytes`,
    };
  }
  if (topics.size >= maxTopicsPerConnection) {
    return { isOverLimit: true, why: `over ${maxTopicsPerConnection} topics` };
  }
  const named = parseTopic(topic);
  if (named.type === "" || isControlType(named.type)) {
    return { isOverLimit: false, why: "no event can have it" };
  }
  if (named.type === "direct" && named.id !== id) {
    return { isOverLimit: false, why: "it addresses another peer" };
  }
  return undefined;
}
