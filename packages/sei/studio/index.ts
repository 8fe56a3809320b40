/** @file The studio: a page on this machine where designs are looked at, changed and run. */
export { isLoopback, openStudio, type Studio, type StudioOptions } from "./server.ts";
