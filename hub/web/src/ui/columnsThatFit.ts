interface Fitting {
  readonly key: string;
  /** Pixels. */
  readonly width: number;
  readonly minor?: boolean;
}

export function totalWidth(columns: readonly Fitting[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0);
}

/** All columns if there is room for them, else without the minor ones; the column sorted by always stays. */
export function columnsThatFit<C extends Fitting>(
  columns: readonly C[],
  room: number,
  sortedBy: string,
): readonly C[] {
  if (totalWidth(columns) <= room) return columns;
  return columns.filter((column) => !column.minor || column.key === sortedBy);
}
