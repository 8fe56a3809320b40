/** @file A thread of `keepAwake`: turns for ever, and gives way to all others. */
import { giveWay } from "./native.ts";

giveWay();
for (;;);
