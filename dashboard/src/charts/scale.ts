/** Round numbers for an axis from 0: the top is at least `largest`. */
export function ticks(largest: number, wanted = 3): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** A linear scale from [0, top] to [height, 0] of a drawing. */
export function upwards(top: number, height: number): (value: number) => number {
  return (value) => height - (height * value) / top;
}
