/** @file A running host seen from outside: metrics in Prometheus's text format, and whether it is ready. */
export { bounds } from "./histogram.ts";
export { HostMetrics, type HostIdentity, type Observed } from "./host-metrics.ts";
export { kernelDrops, type KernelDrops } from "./kernel.ts";
export { serveMetrics, type MetricsServer, type MetricsSource } from "./serve.ts";
