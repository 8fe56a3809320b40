/** @file The studio's views, in the order of its bar: a row each, loaded when it is first looked at. */
import type { ComponentType } from "react";
import type { OpenResult } from "../store/results.ts";

/** What a view of a result is given. */
export type ResultView = ComponentType<OpenResult>;

export type View = {
  /** The first part of the path: `/what-if`. */
  name: string;
  title: string;
  /** What it is for, in a line. */
  about: string;
} & (
  | { shows: "result"; load(): Promise<{ default: ResultView }> }
  | { shows: "everything"; load(): Promise<{ default: ComponentType }> }
);

export const views: readonly View[] = [
  {
    name: "",
    title: "Start",
    about: "The answer, and a tour",
    shows: "everything",
    load: () => import("./start/start.tsx"),
  },
  {
    name: "designs",
    title: "Designs",
    about: "All designs: brush, rank, compare",
    shows: "result",
    load: () => import("./designs/designs.tsx"),
  },
  {
    name: "what-if",
    title: "What if",
    about: "Change the link, the hosts, the frames; simulated at once",
    shows: "result",
    load: () => import("./what-if/what-if.tsx"),
  },
  {
    name: "network",
    title: "Network",
    about: "The model in blocks: move the cut, see what a frame takes",
    shows: "result",
    load: () => import("./network/network.tsx"),
  },
  {
    name: "packets",
    title: "Packets",
    about: "One frame's way, packet by packet",
    shows: "result",
    load: () => import("./packets/packets.tsx"),
  },
  {
    name: "saliency",
    title: "Saliency",
    about: "The CS curve, its candidates, and where the model looks",
    shows: "result",
    load: () => import("./saliency/saliency.tsx"),
  },
  {
    name: "runs",
    title: "Runs",
    about: "Results, and studies at work",
    shows: "everything",
    load: () => import("./runs/runs.tsx"),
  },
  {
    name: "live",
    title: "Live",
    about: "A running deployment beside its prediction",
    shows: "result",
    load: () => import("./live/live.tsx"),
  },
];
