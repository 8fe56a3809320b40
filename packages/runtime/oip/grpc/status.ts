/** @file gRPC's words for what went wrong (grpc.io, statuscodes.md). */
import { RequestError } from "../error.ts";

export interface Status {
  code: number;
  message: string;
}

/** By the HTTP status of the same fault. */
const codes: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  404: 5, // NOT_FOUND
  413: 8, // RESOURCE_EXHAUSTED
  501: 12, // UNIMPLEMENTED
  503: 14, // UNAVAILABLE
};

const internal = 13;

export const statusOf = (error: unknown): Status => ({
  code: error instanceof RequestError ? (codes[error.status] ?? internal) : internal,
  message: (error as Error).message,
});
