/** @file What a TLS client says first, as bytes to be changed. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { connect, type ConnectionOptions } from "node:tls";

export async function clientHello(options: ConnectionOptions): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const server = createServer((socket) => {
    socket
      .on("error", () => undefined)
      .once("data", (data: Buffer) => {
        resolve(Uint8Array.from(data));
        socket.destroy();
      });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  connect({ port, host: "127.0.0.1", minVersion: "TLSv1.3", ...options }).on("error", () => undefined);
  const bytes = await promise;
  server.close();
  return bytes;
}
