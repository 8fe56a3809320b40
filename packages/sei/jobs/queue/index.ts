/** @file Jobs by a queue in a PostgreSQL database, for workers on any machine. */
export { byWorkers, type CoordinatorOptions } from "./coordinator.ts";
export { checkLabel, makeQueue, openQueue, queueName, type Queue } from "./queue.ts";
export { StrangeJob, stopWork, work, type WorkerOptions } from "./worker.ts";
