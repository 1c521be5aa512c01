// What is wrong with an envelope, in words that complete "Cannot …: ".

import { show } from "./_options.ts";

/** What keeps a value from being an envelope, control events included. */
export function envelopeFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) {
    return `${show(value)} is not an object`;
  }
  const { type, id } = value as Record<string, unknown>;
  if (typeof type !== "string") return `type ${show(type)} is not a string`;
  if (type === "") return "type is empty";
  if (typeof id !== "string") return `id ${show(id)} is not a string`;
  if (type.includes(":") && !isReserved(type)) {
    return `type ${show(type)} holds ":"`;
  }
  return undefined;
}

/** What keeps a value from being an envelope that may be published. */
export function publishFault(value: unknown): string | undefined {
  const fault = envelopeFault(value);
  if (fault !== undefined) return fault;
  const { type } = value as { type: string };
  return isReserved(type)
    ? `type ${show(type)} starts with "__", which is reserved`
    : undefined;
}

/** Whether a type is a control type. */
export function isReserved(type: string): boolean {
  return type.charCodeAt(0) === 95 && type.charCodeAt(1) === 95;
}

/** A listener on a topic that cannot be published is harmless, here alone. */
export function isPublishableTopic(topic: string): boolean {
  return topic !== "" && topic[0] !== ":" && !isReserved(topic);
}
