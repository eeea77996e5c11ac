import type { StatusAnswer } from "../../api/answers.ts";
import { tilesOf } from "../../say/overview.ts";
import { Tile, Tiles } from "../../ui/card.tsx";
import { Parts } from "../../ui/parts.tsx";

/** The numbers of now, each with the list behind it. */
export function OverviewTiles({ status }: { status: StatusAnswer }) {
  return (
    <Tiles label="Now">
      {tilesOf(status).map(({ label, value, note, tone, to }) => (
        <Tile
          key={label}
          label={label}
          value={<Parts parts={[value]} />}
          note={<Parts parts={note} />}
          tone={tone}
          to={to}
        />
      ))}
    </Tiles>
  );
}
