import type { StatusAnswer } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";
import { Tile, Tiles } from "../../ui/card.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { age, count, duration, percent, whole } from "../../ui/words.ts";

/** A change older than this is late: the alert "oldest unsent" goes off. */
const LATE_SECONDS = 300;

export function Numbers({ status: { queue, day, lastHeardAt, lastWriteAt } }: { status: StatusAnswer }) {
  const { oldestUnsentAt, oldestUnsentSeconds, waiting, dead } = queue;
  const isLate = (oldestUnsentSeconds ?? 0) > LATE_SECONDS;
  return (
    <Tiles label="Now">
      <Tile
        label="Last heard from Zoho"
        value={<Ago at={lastHeardAt} none="not yet" />}
        note={
          <>
            last write <Ago at={lastWriteAt} none="never" />
          </>
        }
      />
      <Tile
        label="Oldest unsent change"
        value={oldestUnsentSeconds === null ? "none" : age(oldestUnsentSeconds)}
        tone={isLate ? "bad" : "good"}
        note={oldestUnsentAt
          ? (
            <>
              since <Time at={oldestUnsentAt} />
            </>
          )
          : (
            "everything was sent"
          )}
      />
      <Tile
        label="Waiting in the queue"
        value={whole(waiting)}
        note={dead > 0 ? <a href={linkTo("problems")}>{count(dead, "dead letter")}</a> : "no dead letters"}
      />
      <Tile
        label="Success, 24 h"
        value={day.successRate === null ? "–" : percent(day.successRate)}
        note={`${whole(day.succeeded)} confirmed, ${whole(day.failed)} failed`}
      />
      <Tile
        label="From edit to Zoho, 24 h"
        value={day.p50Ms === null ? "–" : duration(day.p50Ms)}
        note={day.p95Ms === null ? "nothing was sent" : `95 of 100 within ${duration(day.p95Ms)}`}
      />
    </Tiles>
  );
}
