import { type ReactNode, useContext, useId, useState } from "react";
import type { HourBucket } from "../api/answers.ts";
import { go } from "../route/use_route.ts";
import { hourText, ZoneContext } from "../ui/time.tsx";
import { attemptsInHour } from "./attempts_of.ts";
import { area, columnX, plot } from "./frame.ts";
import { upwards } from "./scale.ts";

interface Props {
  /** What a screen reader hears in place of the picture. */
  summary: string;
  hours: HourBucket[];
  marks: number[];
  markText: (value: number) => string;
  /** One sentence about an hour, shown while it is pointed at. */
  describe: (hour: HourBucket) => string;
  rest: ReactNode;
  children: (y: (value: number) => number) => ReactNode;
}

/** Axes, hours in the business's zone, and a read-out of the hour under the pointer. */
export function HourlyChart({ summary, hours, marks, markText, describe, rest, children }: Props) {
  const zone = useContext(ZoneContext);
  const titleId = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const top = marks.at(-1) ?? 1;
  const y = (value: number) => area.top + upwards(top, plot.height)(value);
  const hour = pointed === null ? undefined : hours[pointed];
  const clock = (bucket: HourBucket) => hourText(zone, Date.parse(bucket.hour));
  return (
    <div className="chart">
      <svg
        viewBox={`0 0 ${area.width} ${area.height}`}
        role="img"
        aria-labelledby={titleId}
        onPointerLeave={() => setPointed(null)}
      >
        <title id={titleId}>{summary}</title>
        {marks.map((mark) => (
          <g key={mark}>
            <line className="gridline" x1={area.left} x2={area.width - 6} y1={y(mark)} y2={y(mark)} />
            <text className="axis" x={area.left - 8} y={y(mark) + 4} textAnchor="end">
              {markText(mark)}
            </text>
          </g>
        ))}
        {hours.map(
          (bucket, index) =>
            index % 6 === 0 && (
              <text
                key={bucket.hour}
                className="axis"
                x={columnX(index, hours.length)}
                y={area.height - 4}
                textAnchor={index === hours.length - 1 ? "end" : "middle"}
              >
                {clock(bucket)}
              </text>
            ),
        )}
        {pointed !== null && (
          <line
            className="cursor-line"
            x1={columnX(pointed, hours.length)}
            x2={columnX(pointed, hours.length)}
            y1={area.top}
            y2={area.top + plot.height}
          />
        )}
        {children(y)}
        {hours.map((bucket, index) => (
          <rect
            key={bucket.hour}
            className="hit"
            x={area.left + (plot.width * index) / hours.length}
            y={area.top}
            width={plot.width / hours.length}
            height={plot.height}
            onPointerEnter={() => setPointed(index)}
            onClick={() => go(attemptsInHour(bucket))}
          />
        ))}
      </svg>
      <div className="readout">{hour ? `${clock(hour)} · ${describe(hour)}` : rest}</div>
    </div>
  );
}
