import type { Lane, StatusAnswer } from "../../api/answers.ts";
import { Tile, Tiles } from "../../ui/card.tsx";
import { age, count, laneWords, wholeText } from "../../ui/words.ts";

const LANES: readonly [Lane, string][] = [
  [0, "contracts, KYC and RICA; goes first"],
  [1, "quotes, invoices and customers"],
  [2, "what existed before; goes last"],
];

export function LaneTiles({
  status: {
    queue: { counts, noted },
  },
}: {
  status: StatusAnswer;
}) {
  return (
    <Tiles label="By lane">
      {LANES.map(([lane, meaning]) => {
        const rows = counts.filter((row) => row.lane === lane);
        const living = rows.filter(({ status }) => status !== "dead");
        const waiting = living.reduce((sum, row) => sum + row.count, 0);
        const dead = rows.find(({ status }) => status === "dead")?.count ?? 0;
        const oldest = Math.max(...living.map(({ ageSeconds }) => ageSeconds), 0);
        return (
          <Tile
            key={lane}
            label={`${laneWords[lane]}: ${meaning}`}
            value={wholeText(waiting)}
            note={[
              waiting > 0 ? `oldest ${age(oldest)}` : "nothing waits",
              dead > 0 && count(dead, "dead letter"),
            ]
              .filter(Boolean)
              .join(" · ")}
          />
        );
      })}
      {noted > 0 && (
        <Tile label="Not in a lane yet" value={wholeText(noted)} note="changed rows of a large statement" />
      )}
    </Tiles>
  );
}
