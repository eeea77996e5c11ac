import { useId } from "react";
import type { Credits } from "../api/answers.ts";
import { Card, FactList } from "../ui/card.tsx";
import { Ago } from "../ui/time.tsx";
import { laneWords, percent, wholeText } from "../ui/words.ts";
import { arc, pointAt } from "./arc.ts";

/** At these shares of the budget backfill stops, and everything but compliance. */
const MARKS = [0.8, 0.95];

function toneOf(share: number): string {
  return share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "";
}

export function CreditsDial({ credits }: { credits: Credits }) {
  const titleId = useId();
  const { used, budget, share, perHour, byLane, forecast } = credits;
  const forecastShare = forecast.dayTotal / budget;
  return (
    <Card title="API credits" note="Zoho's allowance, rolling 24 hours">
      <div className="dial">
        <svg viewBox="0 0 210 132" role="img" aria-labelledby={titleId}>
          <title id={titleId}>
            {`${wholeText(used)} of ${wholeText(budget)} credits used, ${
              percent(
                share,
              )
            }; at this rate a day comes to ${wholeText(forecast.dayTotal)}.`}
          </title>
          <path className="dial-track" d={arc(0, 1)} />
          {forecastShare > share && (
            <path
              className={`dial-forecast ${toneOf(forecastShare)}`}
              d={arc(0, Math.min(1, forecastShare))}
            />
          )}
          {share > 0 && (
            <path className={`dial-used ${toneOf(share)}`} d={arc(0, Math.min(1, Math.max(0.004, share)))} />
          )}
          {MARKS.map((mark) => {
            const [inner, outer] = [pointAt(mark, 72), pointAt(mark, 97)];
            return (
              <line key={mark} className="dial-tick" x1={inner.x} y1={inner.y} x2={outer.x} y2={outer.y} />
            );
          })}
          <text className="dial-value" x="105" y="98" textAnchor="middle">
            {percent(share)}
          </text>
          <text className="dial-label" x="105" y="118" textAnchor="middle">
            {`${wholeText(used)} of ${wholeText(budget)}`}
          </text>
        </svg>
        <FactList
          rows={{
            Now: `${wholeText(perHour)} an hour`,
            Forecast: `${wholeText(forecast.dayTotal)} in 24 h (${percent(forecastShare)})`,
            "Budget reached": forecast.budgetReachedAt ? <Ago at={forecast.budgetReachedAt} /> : (
              "not at this rate"
            ),
            ...Object.fromEntries(
              byLane.map(({ lane, credits: spent }) => [laneWords[lane], wholeText(spent)]),
            ),
          }}
        />
      </div>
      <p className="quiet gap-top">From 80 % backfill waits, from 95 % everything but compliance.</p>
    </Card>
  );
}
