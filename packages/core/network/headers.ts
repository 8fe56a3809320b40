/** @file What the protocols add to a payload, and what a packet holds; all in bytes. */

/** The largest IP packet (Ethernet's 1500). */
export const MTU = 1500;
/** IPv4 without options. */
export const IP_HEADER = 20;
export const UDP_HEADER = 8;
/** IPv4 and UDP. */
export const UDP_HEADERS = IP_HEADER + UDP_HEADER;
/** IPv4, TCP and its timestamp option. */
export const TCP_HEADERS = IP_HEADER + 20 + 12;
/** IPv4 and TCP with the options of a SYN. */
export const SYN_HEADERS = 60;
/** Payload of a full TCP segment. */
export const MSS = MTU - TCP_HEADERS;
/** Payload of the largest datagram that is one packet, and of the largest that IPv4 can carry at all, in fragments. */
export const PACKET_PAYLOAD = MTU - UDP_HEADERS;
export const LARGEST_PAYLOAD = 65_535 - UDP_HEADERS;
/** Ethernet's header as Linux counts it; a link's `header` unless it says another. */
export const ETHERNET_HEADER = 14;
