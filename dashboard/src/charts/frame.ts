/** The drawing area of the two hourly charts, in user units of their viewBox. */
export const area = { width: 520, height: 150, left: 44, bottom: 20, top: 8 };

export const plot = {
  width: area.width - area.left - 6,
  height: area.height - area.bottom - area.top,
};

/** The middle of a column of `count`. */
export function columnX(index: number, count: number): number {
  return area.left + (plot.width * (index + 0.5)) / count;
}
