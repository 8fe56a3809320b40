/** @file Hosts joined in any way: the cheapest placement by states over the frontier, with its bound. */
export { hostCosts, routesOf, standardRoutes, type HostGraph, type HostLink, type Routes } from "./problem.ts";
export { placeHosts, type HostOptions, type HostPlacement } from "./solve.ts";
