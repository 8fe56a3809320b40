/** @file Times of work: measured on this machine, kept in profiles, taken over from other tools. */
export { emptyCalls, type EmptyCalls } from "./empty-calls.ts";
export { importers, importProfile, type ImporterName, type ImportOptions } from "./import/index.ts";
export { measuredDoubts, openProfiles, type OpenProfiles } from "./open-profiles.ts";
export { thisMachine } from "./machine.ts";
export { cutsLeftOut, measureProfile, profiledCuts, type LeftOut, type ProfileOptions } from "./profile.ts";
export { profileSchema } from "./profile-definition.ts";
export { profileJson, readProfile, roundedCost, type ReadProfile } from "./profile-file.ts";
export { timeWork, timeWorks, type Work } from "./runs.ts";
export { picturesWork } from "./pictures.ts";
