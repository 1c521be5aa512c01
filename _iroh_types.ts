// What the two iroh bindings look like, as far as this library needs them:
// structural types, so that neither is imported.

/** A QUIC stream of either binding. */
export interface IrohStream {
  /** The half to write on; takes bytes, or numbers on `@number0/iroh`. */
  readonly send: {
    // deno-lint-ignore no-explicit-any -- one binding takes bytes, the other numbers
    writeAll(bytes: any): Promise<unknown>;
  };
  /** The half to read from; gives `null` or nothing at its end. */
  readonly recv: {
    read(sizeLimit: number): Promise<Uint8Array | number[] | null>;
  };
}

/** A QUIC connection of either binding. */
export interface IrohConnection {
  /** The application protocol, as bytes. */
  alpn(): Uint8Array | number[];
  /** Opens a stream; the peer sees it once something is written on it. */
  openBi(): Promise<IrohStream>;
  /** Waits for the peer's stream. */
  acceptBi(): Promise<IrohStream>;
  /** Resolves with how the connection ended. */
  closed(): Promise<string>;
  /**
   * Ends the connection with an application code and a reason: number and text
   * on `@rayhanadev/iroh`, bigint and bytes on `@number0/iroh`.
   */
  // deno-lint-ignore no-explicit-any -- the types of the two have nothing in common
  close(code?: any, reason?: any): void;
}

/** A connection of `@rayhanadev/iroh`. */
export interface RayhanadevIrohConnection extends IrohConnection {
  /** The peer's node id, 64 hex digits. */
  remoteNodeId(): string;
}

/** The endpoint of `@rayhanadev/iroh`, as far as this library needs it. */
export interface RayhanadevIrohEndpoint {
  /** The endpoint's own node id. */
  nodeId(): string;
  /** Dials a node id, found by discovery. */
  connect(nodeId: string, alpn: string): Promise<RayhanadevIrohConnection>;
  /** The next connection, handshake included; `null` once closed. */
  accept(): Promise<RayhanadevIrohConnection | null>;
  /** Whether the endpoint was closed. */
  isClosed?(): boolean;
}

/** An id object of `@number0/iroh`: `EndpointId`. */
export interface IrohEndpointId {
  /** The node id, 64 hex digits. */
  toString(): string;
  /** Its 32 bytes. */
  toBytes(): number[];
}

/** An address of `@number0/iroh`: `EndpointAddr`. */
export interface IrohEndpointAddr {
  /** Whose address it is. */
  id(): IrohEndpointId;
  /** The home relay, if there is one. */
  relayUrl(): string | null;
  /** `ip:port` of each direct address. */
  directAddresses(): string[];
}

/** A connection of `@number0/iroh`. */
export interface Number0IrohConnection extends IrohConnection {
  /** The peer's node id. */
  remoteId(): IrohEndpointId;
}

/** A connection of `@number0/iroh` whose handshake has not begun. */
export interface Number0IrohIncoming {
  /** Begins the handshake. */
  accept(): Promise<{ connect(): Promise<Number0IrohConnection> }>;
}

/** The endpoint of `@number0/iroh`, as far as this library needs it. */
export interface Number0IrohEndpoint {
  /** The endpoint's own node id. */
  id(): IrohEndpointId;
  /** Where the endpoint can be reached. */
  addr(): IrohEndpointAddr;
  /** Dials an `EndpointAddr`. */
  connect(
    // deno-lint-ignore no-explicit-any -- a class of the binding, met by its instances alone
    addr: any,
    alpn: number[],
  ): Promise<Number0IrohConnection>;
  /** The next connection; `null` once closed. */
  acceptNext(): Promise<Number0IrohIncoming | null>;
  /** Whether the endpoint was closed. */
  isClosed?(): boolean;
}

/** An endpoint of `@rayhanadev/iroh` or `@number0/iroh`. */
export type IrohEndpoint = RayhanadevIrohEndpoint | Number0IrohEndpoint;

/**
 * Whom to dial: a node id (64 hex digits, or base32), or an id object. For
 * `@number0/iroh` also an `EndpointAddr`, or a ticket (`endpoint…`), both of
 * which say where the hub listens; an id alone needs discovery.
 */
export type IrohHubAddress = string | IrohEndpointId | IrohEndpointAddr;
