import { useContext } from "react";
import type { HourBucket } from "../api/answers.ts";
import { attemptsInHour } from "./attempts_of.ts";
import { hourText, ZoneContext } from "../ui/time.tsx";

/** The same figures as numbers, for people who cannot or do not want to read the picture. */
export function AsTable({
  caption,
  hours,
  columns,
}: {
  caption: string;
  hours: HourBucket[];
  columns: [header: string, cell: (hour: HourBucket) => string][];
}) {
  const zone = useContext(ZoneContext);
  return (
    <details className="as-table">
      <summary>As a table</summary>
      <table className="table">
        <caption className="hidden-text">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            {columns.map(([header]) => (
              <th key={header} scope="col" className="right">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour.hour}>
              <th scope="row" className="number">
                <a href={attemptsInHour(hour)}>{hourText(zone, Date.parse(hour.hour))}</a>
              </th>
              {columns.map(([header, cell]) => (
                <td key={header} className="right number">
                  {cell(hour)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
