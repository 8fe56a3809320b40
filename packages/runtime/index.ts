/**
 * @file The face of the runtime: how messages of a deployment travel between its hosts.
 *
 * A transport carries whole messages of one crossing. The simulator's transports and those over real sockets are told
 * apart by nothing but their clock, so that a prediction and a run pass through the same code.
 */

/** Where a host listens. */
export interface Address {
  host: string;
  port: number;
}

/** A way to one other host; closed by whoever opened it. */
export interface Connection extends AsyncDisposable {
  /** Hands over one message; resolves when the transport has room for the next. */
  send(message: Uint8Array): Promise<void>;
  /** Messages in the order in which they became whole. Ends when the other side closes. */
  receive(): AsyncIterable<Uint8Array>;
}

/** A row of the table of transports: `tcp`, `udp`, or one in memory for tests. */
export interface Transport {
  name: string;
  /**
   * Opens a connection.
   * @param mostBytes the largest message, from the deployment's manifest, never from the other side
   */
  open(to: Address, mostBytes: number, signal: AbortSignal): Promise<Connection>;
}
