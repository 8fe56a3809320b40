/** @file The face of the runtime: where a host listens. What it does is in `host`, how it is known in `trust`. */

/** Where a host listens. */
export interface Address {
  host: string;
  port: number;
}
