import type { DayFigures, HourBucket } from "../api/answers.ts";
import { Card } from "../ui/card.tsx";
import { count, percent, wholeText } from "../ui/words.ts";
import { AsTable } from "./as_table.tsx";
import { columnX, plot } from "./frame.ts";
import { HourlyChart } from "./hourly_chart.tsx";
import { ticks } from "./scale.ts";

export function AttemptsChart({ day }: { day: DayFigures }) {
  const { hours, succeeded, failed, successRate } = day;
  const marks = ticks(Math.max(...hours.map((hour) => hour.succeeded + hour.failed), 3));
  const width = Math.min(14, (plot.width / hours.length) * 0.66);
  const rate = successRate === null ? "Nothing was tried" : `${percent(successRate, 2)} succeeded`;
  return (
    <Card title="Success" note="Attempts by the hour, last 24 hours">
      <p className="chart-figure">
        <strong>{successRate === null ? "–" : percent(successRate, 2)}</strong>
        <span className="quiet">{`of ${count(succeeded + failed, "attempt")}`}</span>
      </p>
      <HourlyChart
        summary={`Attempts in the last 24 hours: ${rate}, ${succeeded} confirmed and ${failed} failed.`}
        hours={hours}
        marks={marks}
        markText={shortNumber}
        describe={(hour) =>
          `${count(hour.succeeded, "confirmed", "confirmed")}, ${wholeText(hour.failed)} failed`}
        rest={
          <span className="legend">
            <span>
              <i className="key-main" />
              confirmed
            </span>
            <span>
              <i className="key-bad" />
              failed
            </span>
          </span>
        }
      >
        {(y) =>
          hours.map((hour, index) => (
            <Bar key={hour.hour} {...{ hour, y, width }} x={columnX(index, hours.length)} />
          ))}
      </HourlyChart>
      <AsTable
        caption="Attempts by the hour"
        hours={hours}
        columns={[
          ["Confirmed", (hour) => wholeText(hour.succeeded)],
          ["Failed", (hour) => wholeText(hour.failed)],
        ]}
      />
    </Card>
  );
}

/** Failed attempts lie on top; one of them is never too thin to be seen. */
function Bar({
  hour,
  x,
  y,
  width,
}: {
  hour: HourBucket;
  x: number;
  y: (value: number) => number;
  width: number;
}) {
  const ground = y(0);
  const good = ground - y(hour.succeeded);
  const bad = hour.failed === 0 ? 0 : Math.max(2.5, ground - y(hour.failed));
  return (
    <>
      {good > 0 && (
        <rect className="bar-good" x={x - width / 2} y={ground - good} width={width} height={good} rx="1.5" />
      )}
      {bad > 0 && (
        <rect
          className="bar-bad"
          x={x - width / 2}
          y={ground - good - bad}
          width={width}
          height={bad}
          rx="1.5"
        />
      )}
    </>
  );
}

function shortNumber(value: number): string {
  return value >= 1_000 ? `${Number((value / 1_000).toFixed(1))}k` : String(value);
}
