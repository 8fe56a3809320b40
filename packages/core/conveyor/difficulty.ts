/** @file How hard the generated images are: every range that tells an easy picture from a hard one. */

/** A uniform range, both ends included. */
export type Range = readonly [from: number, to: number];

/** Lengths are in pixels of the 32 x 32 image unless said otherwise; light is linear, 1 being white. */
export interface Difficulty {
  /** Distance from a part's centre to its rim (for a screw: half its length, times `screwLength`). */
  radius: Range;
  /** How many times longer than `radius` half a screw is. */
  screwLength: number;
  /** Greatest distance of the part's centre from the image's centre, in each direction. */
  offset: number;
  /** How far the camera looks from the side: the shorter axis of a round part over the longer one. */
  tilt: Range;
  /** Width of a crack in a nut, in part radii. */
  crack: Range;
  /** Share of a tooth's height that is left of a broken one. */
  stub: Range;
  /** Teeth that a broken gear has lost, one beside the other. */
  lostTeeth: Range;
  /** How far the end of a bent screw lies off its axis, in part radii. */
  bend: Range;
  /** Reflectance of the belt. */
  belt: Range;
  /** Amplitude of the belt's texture, as a share of its reflectance. */
  texture: Range;
  /** Strength of the light from the side; a low one leaves parts flat. */
  keyLight: Range;
  /** Light from everywhere. */
  ambient: Range;
  /** Change of the light across the image, as a share. */
  lightFall: Range;
  /** How much of the light a cast shadow takes. */
  shadow: Range;
  /** Defocus: weight of the neighbours, per axis (0: sharp; 0.25: a binomial filter of three taps). */
  defocus: Range;
  /** How far the belt moves while the shutter is open. */
  motion: Range;
  /** Standard deviation of the sensor's noise, as a share of the full scale after gamma. */
  noise: Range;
  /** Gain of the exposure before the sensor clips. */
  exposure: Range;
  /** Deviation of the white balance per channel, as a share. */
  tint: number;
  /** Greatest number of crumbs, and of scratches in the belt. */
  crumbs: number;
  scratches: number;
}

/** The set that the demo's network is trained on. */
export const conveyorDifficulty: Difficulty = {
  radius: [9, 12.5],
  screwLength: 1.25,
  offset: 2.5,
  tilt: [0.88, 1],
  crack: [0.14, 0.24],
  stub: [0, 0.15],
  lostTeeth: [2, 3],
  bend: [0.65, 1.05],
  belt: [0.03, 0.18],
  texture: [0.05, 0.25],
  keyLight: [0.4, 0.95],
  ambient: [0.15, 0.4],
  lightFall: [0, 0.45],
  shadow: [0.3, 0.75],
  defocus: [0.02, 0.16],
  motion: [0, 1.4],
  noise: [0.006, 0.032],
  exposure: [0.75, 1.35],
  tint: 0.06,
  crumbs: 3,
  scratches: 2,
};
