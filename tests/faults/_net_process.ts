// A process of `_net_peer.ts`, as the test sees it.

import { inDeno, LineProcess } from "../_line_process.ts";
import { Log } from "../_waiting.ts";
import type { Assignment, NetLine } from "./_net_peer.ts";
import type { Place } from "./_net_transports.ts";

/** A hub or a spoke at one side of a network. */
export class NetProcess extends LineProcess<NetLine> {
  /** Where the hub is. */
  place!: Place;
  /** The numbers of the events that have arrived. */
  readonly heard = new Log<number>();
  /** Of a spoke. */
  readonly statuses = new Log<NonNullable<NetLine["status"]>>();
  /** Of a hub: codes of errors. */
  readonly faults = new Log<string>();
  /** Of a hub: why connections ended. */
  readonly disconnections = new Log<string>();

  /** Starts a process and waits until it serves, or is connected. */
  static async start(
    prefix: readonly string[],
    assignment: Assignment,
  ): Promise<NetProcess> {
    const process = new NetProcess(
      new URL("./_net_peer.ts", import.meta.url),
      [JSON.stringify(assignment)],
      [...prefix, ...inDeno()],
    );
    process.place = (await process.saying("ready")).ready!;
    return process;
  }

  protected override take(line: NetLine): void {
    super.take(line);
    const { heard, status, fault, disconnection } = line;
    if (heard !== undefined) this.heard.add(heard);
    if (status !== undefined) this.statuses.add(status);
    if (fault !== undefined) this.faults.add(fault);
    if (disconnection !== undefined) this.disconnections.add(disconnection);
  }
}
