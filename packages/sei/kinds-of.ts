/** @file The names of a table's rows, as a list that has one at least. */
export const kindsOf = <K extends string>(table: Record<K, unknown>): [K, ...K[]] => Object.keys(table) as [K, ...K[]];
