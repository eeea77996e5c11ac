const CENTRE = { x: 105, y: 108 };
const RADIUS = 86;
/** The dial opens downwards: 200 degrees, from a little below the left to a little below the right. */
const SPAN = (200 * Math.PI) / 180;
const START = Math.PI + (SPAN - Math.PI) / 2;

/** The point at a share of the dial, 0 to 1. */
export function pointAt(share: number, radius = RADIUS): { x: number; y: number } {
  const angle = START - SPAN * share;
  return {
    x: CENTRE.x + radius * Math.cos(angle),
    y: CENTRE.y - radius * Math.sin(angle),
  };
}

/** The path of the dial between two shares. */
export function arc(from: number, to: number): string {
  const [a, b] = [pointAt(from), pointAt(to)];
  const isLong = SPAN * (to - from) > Math.PI ? 1 : 0;
  const at = ({ x, y }: { x: number; y: number }) => `${x.toFixed(2)} ${y.toFixed(2)}`;
  return `M${at(a)}A${RADIUS} ${RADIUS} 0 ${isLong} 1 ${at(b)}`;
}
