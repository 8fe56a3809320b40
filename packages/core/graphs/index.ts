/** @file Foundations of graph algorithms: maximum flow, orders, walks along an axis. */
export * from "./flow.ts";
export * from "./order.ts";
export * from "./walk.ts";
