/** @file Everything that is fuzzed. */
import type { Target } from "../target.ts";
import { commands } from "./commands.ts";
import { data } from "./data.ts";
import { host } from "./host.ts";
import { messages } from "./messages.ts";
import { metrics } from "./metrics.ts";
import { oip } from "./oip.ts";
import { probe } from "./probe.ts";
import { readers } from "./readers.ts";
import { sounds } from "./sounds.ts";
import { tables } from "./tables.ts";
import { traces } from "./traces.ts";
import { trust } from "./trust.ts";

export const targets: readonly Target[] = [
  ...readers,
  ...data,
  ...tables,
  ...traces,
  ...sounds,
  ...trust,
  ...host,
  ...oip,
  ...probe,
  ...messages,
  ...metrics,
  ...commands,
];
