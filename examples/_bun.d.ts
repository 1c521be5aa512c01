// What the example uses of Bun. An application has it all from `@types/bun`,
// whose globals would be at odds with Deno's in this repository.

declare const Bun: {
  serve<TData>(options: {
    hostname: string;
    port: number;
    fetch(request: Request, server: BunServer<TData>): Response | undefined;
    websocket: {
      maxPayloadLength?: number;
      open(socket: BunSocket<TData>): void;
      message(socket: BunSocket<TData>, data: string | Uint8Array): void;
      close(socket: BunSocket<TData>, code: number, reason: string): void;
    };
  }): BunServer<TData>;
};

interface BunServer<TData> {
  readonly hostname: string;
  readonly port: number;
  upgrade(request: Request, options: { data: TData }): boolean;
  stop(): Promise<void>;
}

interface BunSocket<TData> {
  readonly data: TData;
  readonly readyState: number;
  getBufferedAmount(): number;
  send(data: string): number;
  close(code?: number, reason?: string): void;
}
