import { installationOf } from "./installation.ts";
import { forecast } from "./model.ts";

/** Contracts along, each line on a logarithmic scale of its panel. */
interface Panel {
  title: string;
  unit: string;
  /** Powers of ten, the lowest and the highest. */
  from: number;
  to: number;
  lines: { name: string; colour: string; of: (contracts: number) => number }[];
}

const budget = { creditsADay: 250_000, zohoMs: 600 };
const of = (contracts: number) => forecast(installationOf(contracts), budget);

const panels: Panel[] = [
  {
    title: "Bytes",
    unit: "GB",
    from: -2,
    to: 2,
    lines: [{
      name: "all tables and indexes",
      colour: "#0f766e",
      of: (contracts) => of(contracts).bytes / 1e9,
    }],
  },
  {
    title: "Hours, 250,000 credits a day",
    unit: "h",
    from: -2,
    to: 4,
    lines: [
      { name: "backfill", colour: "#b45309", of: (contracts) => of(contracts).backfillHours },
      { name: "comparison", colour: "#1d4ed8", of: (contracts) => of(contracts).compareHours },
      { name: "search from nothing", colour: "#7c3aed", of: (contracts) => of(contracts).searchHours },
    ],
  },
];

const width = 340;
const height = 220;
const left = 56;
const top = 40;
const gap = 40;
const powers = [4, 5, 6, 7];
const steps = 30;

/** Bytes and hours by contracts, from 10⁴ to 10⁷. */
export function scalePicture(): string {
  const whole = `${2 * (left + width) + gap} ${top + height + 46}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole}" font-family="system-ui, sans-serif" font-size="12">
<title>Bytes and hours by number of contracts</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${panels.map((panel, index) => panelAt(panel, left + index * (left + width + gap / 2))).join("\n")}
</svg>
`;
}

function panelAt({ title, unit, from, to, lines }: Panel, x: number): string {
  const alongX = (power: number) => round(x + (power - 4) / 3 * (width - 20));
  const alongY = (value: number) => {
    const share = (Math.log10(value) - from) / (to - from);
    return round(top + height * (1 - Math.min(1, Math.max(0, share))));
  };
  const grid = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)).map((value) =>
    `<path d="M${x} ${alongY(value)}h${width - 20}" stroke="#e5e7eb"/>` +
    `<text x="${x - 6}" y="${alongY(value) + 4}" text-anchor="end" fill="#374151">${
      value.toLocaleString("en")
    } ${unit}</text>`
  );
  const ticks = powers.map((power) =>
    `<text x="${alongX(power)}" y="${top + height + 18}" text-anchor="middle" fill="#374151">${
      (10 ** power).toLocaleString("en")
    }</text>`
  );
  const drawn = lines.map(({ colour, of: value }) => {
    const points = Array.from({ length: steps + 1 }, (_, index) => {
      const power = 4 + 3 * index / steps;
      return `${alongX(power)},${alongY(value(Math.round(10 ** power)))}`;
    });
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
  const names = lines.map(({ name, colour }, index) =>
    `<text x="${x + 10}" y="${top + 14 + 16 * index}" fill="${colour}">${name}</text>`
  );
  return [
    `<text x="${x}" y="20" font-weight="600" fill="#111827">${title}</text>`,
    ...grid,
    ...ticks,
    ...drawn,
    ...names,
    `<text x="${x + width - 20}" y="${top + height + 36}" text-anchor="end" fill="#374151">contracts</text>`,
  ].join("\n");
}

const round = (value: number): number => Math.round(value * 10) / 10;
