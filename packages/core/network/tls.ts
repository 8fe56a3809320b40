/** @file TLS 1.3's handshake (RFC 8446) over an open connection, as bytes each way. */
import type { End } from "./tcp/index.ts";

/** Flights, bytes: client hello; server hello to finished, with a certificate chain; client finished. */
export const TLS = { hello: 330, server: 2900, finished: 80 };

/**
 * Has the ends shake hands; `ready` is called when the first has sent its last flight and may send data behind it. Until
 * then nobody else takes what arrives; from then on the second counts `TLS.hello + TLS.finished` bytes more, the first
 * `TLS.server`.
 */
export function shakeHands([client, server]: readonly [End, End], ready: () => void): void {
  let answered = false;
  server.application.delivered = (total) => {
    if (total < TLS.hello || answered) return;
    answered = true;
    server.write(TLS.server);
  };
  client.application.delivered = (total) => {
    if (total < TLS.server) return;
    client.write(TLS.finished);
    ready();
  };
  client.write(TLS.hello);
}
