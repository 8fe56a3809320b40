/** @file Addresses that a host listens at. */
import { expect, test } from "vitest";
import { parseAddress, refuseSameAddress } from "./address.ts";
import { metricsAddress } from "./metrics.ts";

test("two flags of one address are refused before anything listens; other ports, other hosts and any port are not", () => {
  const listen = parseAddress("listen", "127.0.0.1:7000");
  const oip = parseAddress("oip", "127.0.0.1:8000");
  const any = parseAddress("grpc", "127.0.0.1:0");
  refuseSameAddress({ listen, oip, grpc: any, metrics: any });
  refuseSameAddress({ listen, oip: parseAddress("oip", "10.0.0.2:7000") });
  expect(() => refuseSameAddress({ listen, oip, grpc: oip })).toThrow(
    "--grpc: expected another address than that of --oip, got 127.0.0.1 port 8000 for both",
  );
  expect(() => refuseSameAddress({ listen, metrics: metricsAddress("7000") })).toThrow("--metrics: expected another");
});
