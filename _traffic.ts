// The numbers of a target that go up, whoever looks.

/** Events and bytes so far: see `TargetStats`. */
export class Traffic {
  sentEvents = 0;
  sentBytes = 0;
  receivedEvents = 0;
  receivedBytes = 0;

  sent(bytes: number): void {
    this.sentEvents++;
    this.sentBytes += bytes;
  }

  received(bytes: number): void {
    this.receivedEvents++;
    this.receivedBytes += bytes;
  }
}
