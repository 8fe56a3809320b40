/** @file Requests to servers that are not ours. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { post } from "./post.ts";

test("what answers at length, or in bytes without end, was heard all the same", async () => {
  const http = createServer((_, response) => {
    response.writeHead(200).on("error", () => undefined);
    const write = (): void => void (response.writable && response.write(Buffer.alloc(2 ** 16), write));
    write();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  expect(await post(url, {}, "")).toBeUndefined();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});
