/** @file The rest of a design on a server that speaks the Open Inference Protocol, in place of a host of ours. */
import type { DeployedSegment, Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { RemoteModel, RequestError } from "../oip/index.ts";
import type { Trust } from "../trust/index.ts";
import { whyOf, type LineEvent } from "./neighbours.ts";
import type { Reason } from "./record.ts";
import type { Role } from "./role.ts";

export interface RemoteOptions {
  deployment: Deployment;
  role: Role;
  /** Of models, by the host in whose place they are: `http://10.0.0.2:8000/v2/models/tail`. */
  models: Readonly<Record<string, URL>>;
  trust: Trust;
  anywhere?: boolean | undefined;
  onEvent(event: LineEvent): void;
}

export interface Remote {
  /** The host in whose place it is. */
  peer: string;
  segment: DeployedSegment;
  model: RemoteModel;
}

/**
 * Undefined where the host that this one sends to is one of ours.
 * @throws InputError `ERR_DEPLOYMENT_HOST` where a model cannot stand for that host; as {@link RemoteModel.open}
 */
export async function openRemote(options: RemoteOptions): Promise<Remote | undefined> {
  const { deployment, role, models, trust, anywhere, onEvent } = options;
  const peer = role.outgoing?.to;
  const url = peer === undefined ? undefined : models[peer];
  if (peer === undefined || !url) return undefined;
  const segment = deployment.segments.at(-1)!;
  const alone = deployment.segments.filter(({ host }) => host === peer).length === 1 && segment.host === peer;
  if (!role.captures || !role.answered || !alone)
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `${peer}: a model over the Open Inference Protocol can stand for a host that runs the last segment and no other, for the host that captures and wants the answers`,
    );
  if (segment.state)
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `${peer}: a model over the Open Inference Protocol keeps no state from frame to frame, and "${segment.name}" does`,
    );
  const outputs = segment.outputs.filter(({ tensor }) => deployment.reads.outputs.includes(tensor));
  const model = await RemoteModel.open({
    url,
    peer,
    trust,
    anywhere,
    inputs: segment.inputs,
    outputs,
    onConnected: () => onEvent({ event: "connected", peer }),
    onLost: (reason) => onEvent({ event: "disconnected", peer, ...whyOf(reason) }),
    onFailed: (reason) => onEvent({ event: "unreachable", peer, ...whyOf(reason) }),
  });
  return { peer, segment, model };
}

/** What a failed request means for its frame. */
export function reasonOf(error: InputError): Reason {
  if (error.code === "ERR_CONNECT") return "disconnected";
  return error instanceof RequestError && error.status === 503 ? "dropped" : "unreadable";
}
