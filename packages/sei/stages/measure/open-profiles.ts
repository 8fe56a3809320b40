/** @file The hosts of a study as far as costs go: their speeds, what their profiles say, and what is doubtful in those. */
import { doubtsOf, type Costs, type DoubtfulTimes, type HostSpeed } from "@split-et-impera/core/cost";
import type { Study } from "@split-et-impera/core/study";
import { basename } from "node:path";
import { readProfile } from "./profile-file.ts";

export interface OpenProfiles {
  /** By name. */
  speeds: Record<string, HostSpeed>;
  /** Profiles whose times contradict each other, vary or rest on little. */
  doubts: DoubtfulTimes[];
  /** Profiles of an older format, and what that means for their times. */
  notes: string[];
}

/**
 * Reads the profiles of a study's hosts.
 * @param model SHA-256 of the model that they must be of; not asked where undefined
 * @throws InputError `ERR_PROFILE` where one cannot be used
 */
export async function openProfiles(hosts: Study["hosts"], model?: string): Promise<OpenProfiles> {
  const open: OpenProfiles = { speeds: {}, doubts: [], notes: [] };
  for (const [name, { speed, profile: file, encode, decode }] of Object.entries(hosts)) {
    open.speeds[name] = {
      speed,
      ...(encode !== undefined && { encode }),
      ...(decode !== undefined && { decode }),
    };
    if (file === undefined) continue;
    const { converted, ...profile } = await readProfile(file, model);
    open.speeds[name] = { ...open.speeds[name], profile };
    const source = `profile ${basename(file)} of ${name}`;
    const doubts = doubtsOf(profile.works);
    if (doubts.length > 0) open.doubts.push({ source, doubts });
    if (converted)
      open.notes.push(
        `${source} is of format 1: its percentiles stand for runs and for how sure its times are; \`sei profile\` makes a new one`,
      );
  }
  return open;
}

/** What is doubtful in times measured here, as far as some host has to make do with them. */
export function measuredDoubts(speeds: OpenProfiles["speeds"], here: Costs): DoubtfulTimes[] {
  const lacking = Object.keys(here).filter((work) =>
    Object.values(speeds).some(({ profile }) => !profile?.works[work]),
  );
  // Without all of these it would not show that a part is slower than the whole.
  const doubts = doubtsOf(here).filter(({ work }) => lacking.includes(work));
  return doubts.length > 0 ? [{ source: "measured here", doubts }] : [];
}
