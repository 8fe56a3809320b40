/** @file Who is at the other end: authenticated connections between hosts, and sealed datagrams beside them. */
export { connect } from "./connect.ts";
export {
  opener,
  plainOverhead,
  sealedOverhead,
  sealer,
  type Opener,
  type OpenerCounters,
  type Sealer,
} from "./datagrams.ts";
export { greetingBytes, isHostName, readGreeting, trustKinds, type Greeting, type TrustKind } from "./greeting.ts";
export { type DatagramKeys, type TrustedConnection } from "./handshake.ts";
export { listen, type Listener, type ListenOptions } from "./listen.ts";
export { certificateHost, trustFor, type Trust, type TrustSpec } from "./spec.ts";
export { issue, makeAuthority, type Identity, type Validity } from "./x509.ts";
