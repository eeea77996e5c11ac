import type { DayFigures, HourBucket } from "../api/answers.ts";
import { Card } from "../ui/card.tsx";
import { duration } from "../ui/words.ts";
import { AsTable } from "./as_table.tsx";
import { columnX } from "./frame.ts";
import { HourlyChart } from "./hourly_chart.tsx";
import { ticks } from "./scale.ts";

type Pick = (hour: HourBucket) => number | null;

const p50: Pick = (hour) => hour.p50Ms;
const p95: Pick = (hour) => hour.p95Ms;

export function LatencyChart({ day }: { day: DayFigures }) {
  const { hours } = day;
  const marks = ticks(Math.max(...hours.map((hour) => hour.p95Ms ?? 0), 100));
  const words = (ms: number | null) => (ms === null ? "–" : duration(ms));
  return (
    <Card title="Speed" note="From the edit to Zoho's confirmation, last 24 hours">
      <p className="chart-figure">
        <strong>{words(day.p50Ms)}</strong>
        <span className="quiet">{`half of all changes · 95 of 100 within ${words(day.p95Ms)}`}</span>
      </p>
      <HourlyChart
        summary={`From edit to confirmation in the last 24 hours: half within ${
          words(
            day.p50Ms,
          )
        }, 95 of 100 within ${words(day.p95Ms)}.`}
        hours={hours}
        marks={marks}
        markText={(ms) => (ms === 0 ? "0" : duration(ms))}
        describe={(hour) => `half within ${words(hour.p50Ms)}, 95 of 100 within ${words(hour.p95Ms)}`}
        rest={
          <span className="legend">
            <span>
              <i className="key-main" />
              half (p50)
            </span>
            <span>
              <i className="key-second" />
              95 of 100 (p95)
            </span>
          </span>
        }
      >
        {(y) => (
          <>
            <Line {...{ hours, y }} pick={p95} name="second" />
            <Line {...{ hours, y }} pick={p50} name="main" />
          </>
        )}
      </HourlyChart>
      <AsTable
        caption="Speed by the hour"
        hours={hours}
        columns={[
          ["p50", (hour) => words(hour.p50Ms)],
          ["p95", (hour) => words(hour.p95Ms)],
        ]}
      />
    </Card>
  );
}

/** Hours without a change break the line; an hour on its own is a dot. */
function Line({
  hours,
  y,
  pick,
  name,
}: {
  hours: HourBucket[];
  y: (value: number) => number;
  pick: Pick;
  name: "main" | "second";
}) {
  const points = hours.map((hour, index) => {
    const ms = pick(hour);
    return ms === null ? null : { x: columnX(index, hours.length), y: y(ms) };
  });
  const path = points
    .map(
      (point, index) =>
        point && `${points[index - 1] ? "L" : "M"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`,
    )
    .filter(Boolean)
    .join("");
  return (
    <>
      <path className={`line-${name}`} d={path} />
      {points.map(
        (point, index) =>
          point &&
          !points[index - 1] &&
          !points[index + 1] && (
            <circle key={index} className={`dot-${name}`} cx={point.x} cy={point.y} r="2.5" />
          ),
      )}
    </>
  );
}
